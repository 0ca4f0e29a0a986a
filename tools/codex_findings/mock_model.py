"""The model that Codex talks to: a Responses API on the loopback that says what a script has for it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Model(ThreadingHTTPServer):
    """A Responses API on the loopback: says `Done.`, or what the script has for the prompt of a request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        #: By the last thing that the user said, the items of one reply after another.
        self.script: dict[str, list[list[dict[str, Any]]]] = {}
        #: The body of every request, and the originator in its header.
        self.asked: list[dict[str, Any]] = []
        self.originators: list[str | None] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def reply(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Return the events that a request is answered with."""
        self.asked.append(body)
        said = [item["content"][-1].get("text") for item in body["input"] if item.get("role") == "user"]
        scripted = self.script.get(said[-1]) if said else None
        number = len(self.asked)
        text = {"type": "output_text", "text": "Done."}
        default = [{"type": "message", "role": "assistant", "id": f"msg_{number}", "content": [text]}]
        yield {"type": "response.created", "response": {"id": f"resp_{number}"}}
        for index, item in enumerate(scripted.pop(0) if scripted else default):
            yield {"type": "response.output_item.done", "output_index": index, "item": item}
        usage = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
        yield {"type": "response.completed", "response": {"id": f"resp_{number}", "usage": usage}}


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def do_GET(self) -> None:
        self._answer("application/json", b'{"data":[],"models":[]}')

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))))
        self.server.originators.append(self.headers.get("originator"))
        events = self.server.reply(body)
        stream = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
        self._answer("text/event-stream", stream.encode())

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write no log."""
