"""A Responses API on the loopback that answers as a script says, and keeps every request that it got.

A POST to a path that ends in ``/responses`` is a request for a reply, streamed as server-sent events; every GET is
answered with an empty list. What asks for a websocket, for another host as from a proxy, or in any other method is
refused, and kept all the same, and so is what is no HTTP. Which turn asks is read from the header
``x-codex-turn-metadata``, which every version sends that was measured.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import orjson
from attrs import field, frozen

from threadstore.jsonvalue import JSON

from .conversation import Reply, Script, event_bytes
from .errors import CodexHang, ServiceFailed

#: How a message begins that Codex puts in by itself, at any time.
_NOT_A_PROMPT = "<subagent_notification>"

_NO_WAY_OUT = b'{"error":{"message":"this leads nowhere"}}'


@frozen(kw_only=True)
class Request:
    """A request that the service got."""

    method: str
    path: str
    #: The headers, their names in lower case.
    headers: Mapping[str, str]
    body: JSON = None
    _about: Mapping[str, JSON] = field(init=False, repr=False)

    @_about.default
    def _find_about(self) -> Mapping[str, JSON]:
        try:
            about = orjson.loads(self.headers.get("x-codex-turn-metadata", "{}"))
        except ValueError:
            return {}
        return about if type(about) is dict else {}

    @property
    def thread_id(self) -> str | None:
        """The thread on whose behalf it was sent."""
        return self.headers.get("thread-id") or self._about.get("thread_id")

    @property
    def turn_id(self) -> str | None:
        """The turn in which it was sent."""
        return self._about.get("turn_id")

    @property
    def kind(self) -> str:
        """What it is for: ``turn``, ``compaction``, …; the method where it does not say."""
        return self._about.get("request_kind") or ("turn" if self.method == "POST" else self.method)

    @property
    def originator(self) -> str | None:
        """What the request says the thread comes from."""
        return self.headers.get("originator")

    @property
    def is_for_another(self) -> bool:
        """Whether it names a host, as a proxy is asked."""
        return not self.path.startswith("/")

    @property
    def is_websocket(self) -> bool:
        """Whether it asks for a websocket."""
        return self.headers.get("upgrade", "").lower() == "websocket"

    @property
    def prompt(self) -> str:
        """The last prompt in the conversation that it carries."""
        return next((text for text in map(_prompt_of, reversed(self.conversation)) if text is not None), "")

    @property
    def conversation(self) -> Sequence[JSON]:
        """The items of the conversation that it carries."""
        items = self.body.get("input") if type(self.body) is dict else None
        return items if type(items) is list else ()


class MockResponses:
    """The service: listens from the moment it is made until it is closed."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self._changed = threading.Condition()
        self._requests: list[Request] = []
        self._answered = 0
        self._asked: Counter[str] = Counter()
        #: By turn, the prompt that its first request carried.
        self._prompts: dict[str, str] = {}
        #: The first error of this side, and the request that it was met at.
        self._failed: tuple[str, Exception] | None = None
        #: The second can be read from as soon as the first is closed, which ends every wait.
        self._open, self._closed = socket.socketpair()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.responses = self
        self._thread = threading.Thread(target=self._serve, name="mock-responses", daemon=True)
        self._thread.start()

    def __enter__(self) -> MockResponses:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def base_url(self) -> str:
        """What a provider is configured with."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def requests(self, thread_id: str | None = None, *, kind: str | None = None) -> list[Request]:
        """Return the requests so far, of one thread and kind or all."""
        with self._changed:
            return [r for r in self._requests if thread_id in (None, r.thread_id) and kind in (None, r.kind)]

    def wait_for(self, wanted: Callable[[Request], bool], what: str, timeout: float = 30) -> Request:
        """Return the first request that is wanted, as soon as it came; raise `ServiceFailed` when the service did."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for request in self._requests:
                    if wanted(request):
                        return request
                self._raise_failure()
                if not self._changed.wait(deadline - time.monotonic()):
                    raise CodexHang(what, timeout)

    def close(self) -> None:
        """End every stream and stop listening; raise `ServiceFailed` when the service failed at a request."""
        self._open.close()
        self._thread.join()
        self._closed.close()
        self._http.server_close()
        self._raise_failure()

    def take(self, request: Request) -> None:
        """Keep a request."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()

    def fail(self, request: str, error: Exception) -> None:
        """Keep an error of this side, to raise it where somebody waits or closes."""
        with self._changed:
            self._failed = self._failed or (request, error)
            self._changed.notify_all()

    def reply_to(self, request: Request) -> tuple[Reply, str]:
        """Return what a request gets, and a tag for the ids in it that no other request gets."""
        with self._changed:
            self._answered += 1
            tag = str(self._answered)
            if request.kind == "compaction":
                return self.script.compaction, tag
            if request.turn_id is None:
                return self.script.reply(request.prompt, 0), tag
            prompt = self._prompts.setdefault(request.turn_id, request.prompt)
            nth = self._asked[request.turn_id]
            self._asked[request.turn_id] += 1
            return self.script.reply(prompt, nth), tag

    def hold(self, connection: Any) -> None:
        """Wait until the other side of a connection leaves, or the service closes."""
        try:
            closed = self._closed.dup()
        except OSError:
            # The service closed meanwhile.
            return
        with closed:
            select.select([connection, closed], [], [])

    def _serve(self) -> None:
        either: list[Any] = [self._http, self._closed]
        while self._closed not in select.select(either, [], [])[0]:
            self._http.handle_request()

    def _raise_failure(self) -> None:
        if self._failed is not None:
            request, error = self._failed
            raise ServiceFailed(request, f"{type(error).__name__}: {error}") from error


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    #: A connection that is gone by the time that it is looked for is not waited for.
    timeout = 0
    responses: MockResponses


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        """Answer the requests of a connection, and keep what goes wrong here."""
        try:
            super().handle()
        except ConnectionError:
            # The other side broke it off: killed processes do.
            return
        except Exception as error:
            self.server.responses.fail(self.requestline, error)

    def do_GET(self) -> None:
        request = self._taken(None)
        if request.is_for_another:
            self._send(403, _NO_WAY_OUT)
        elif request.is_websocket:
            self._send(426, b"")
        else:
            self._send(200, b'{"data":[],"models":[]}')

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            body, is_json = orjson.loads(sent), True
        except ValueError:
            body, is_json = None, False
        request = self._taken(body)
        if request.is_for_another:
            self._send(403, _NO_WAY_OUT)
        elif not is_json:
            self._send(400, b'{"error":{"message":"the body is no JSON"}}')
        elif not request.path.endswith("/responses"):
            self._send(404, b'{"error":{"message":"nothing is here"}}')
        else:
            reply, tag = self.server.responses.reply_to(request)
            self._stream(reply, reply.events(tag, request.conversation))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Keep what the base class refuses: a request in another method, or a line that is no request."""
        if code == 501:
            self._taken(None)
            code, message = 403, None
        else:
            self.server.responses.take(Request(method="", path=self.requestline, headers={}))
        super().send_error(code, message, explain)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's own name
        """Write no log."""

    def _taken(self, body: JSON) -> Request:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(method=self.command, path=self.path, headers=headers, body=body)
        self.server.responses.take(request)
        return request

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, reply: Reply, events: Sequence[JSON]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(b"".join(map(event_bytes, events)))
        self.wfile.flush()
        if reply.ending == "hangs":
            self.server.responses.hold(self.connection)


def _prompt_of(item: JSON) -> str | None:
    """Return the prompt that an item is: a user's text, or what another agent asks for."""
    kind, parts = item.get("type"), item.get("content") or ()
    if kind == "agent_message":
        return next((part["encrypted_content"] for part in parts if "encrypted_content" in part), None)
    if kind != "message" or item.get("role") != "user":
        return None
    text = "".join(part.get("text", "") for part in parts)
    return None if text.startswith(_NOT_A_PROMPT) else text
