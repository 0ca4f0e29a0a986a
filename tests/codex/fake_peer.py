"""A child process that speaks as Codex's app-server does, and misbehaves when it is asked to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def handle(message: dict[str, Any]) -> None:
    number, method, params = message.get("id"), message.get("method"), message.get("params")
    if method in ("echo", "initialize"):
        say({"id": number, "result": params})
    elif method == "refuse":
        say({"id": number, "error": {"code": -32600, "message": "not this", "data": params}})
    elif method == "tell":
        for told in params:
            say({"method": "told", "params": told})
        say({"id": number, "result": None})
    elif method == "answer backwards":
        later = json.loads(sys.stdin.readline())
        say({"id": later["id"], "result": "second"})
        say({"id": number, "result": "first"})
    elif method == "ask":
        say({"id": "mine", "method": params, "params": {"x": 1}})
        answer = json.loads(sys.stdin.readline())
        say({"id": number, "result": answer})
    elif method == "environment":
        say({"id": number, "result": dict(os.environ)})
    elif method == "answer with":
        say({"id": number, **params})
    elif method == "have a child":
        say({"id": number, "result": child(**params)})
    else:
        misbehave(method, params)


def child(holding: str, **more: Any) -> int:
    """Start a process that has our pipes and another one open, where not told otherwise, and return its id."""
    held = os.open(holding, os.O_WRONLY)
    try:
        return subprocess.Popen(["/bin/sleep", "60"], pass_fds=[held], **more).pid
    finally:
        os.close(held)


def misbehave(method: str | None, params: Any) -> None:
    if method == "complain":
        sys.stderr.write("x" * params + "the end\n")
        sys.stderr.flush()
    elif method == "die":
        sys.stderr.write("I am dying\n")
        sys.exit(params)
    elif method == "kill yourself":
        os.kill(os.getpid(), params)
    elif method == "garble":
        sys.stdout.write("no message\n")
        sys.stdout.flush()
    elif method == "tear a line":
        sys.stdout.write(params)
        sys.exit(3)
    elif method == "close your output":
        os.close(1)
        signal.pause()
    elif method == "stay":
        signal.pause()


if __name__ == "__main__":
    for line in sys.stdin:
        handle(json.loads(line))
    sys.stderr.write("bye\n")
