"""A short client of the bare `codex app-server`: a fresh home, JSON-RPC by lines, a mock model on the loopback.

It imports nothing of this project, so that what judges a finding shares no code with what found it. A finding is a
function that takes a `Codex`, does the steps, and returns `present`, `absent` or `not_applicable` with what was seen.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from mock_model import Model

#: The longest that one answer may take, in seconds.
PATIENCE = 60

CONFIG = """\
model = "gpt-5.1-codex"
model_provider = "mock"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[analytics]
enabled = false
[features]
plugins = false
multi_agent = true
multi_agent_v2 = {named_agents}
[agents]
max_depth = 3
"""

PROVIDER = """\
[model_providers.{name}]
name = "mock"
base_url = "http://127.0.0.1:{port}/v1"
wire_api = "responses"
requires_openai_auth = false
request_max_retries = 0
stream_max_retries = 0
"""

#: What every kind of source is called, for listings that leave none out.
ALL_SOURCES = ["cli", "vscode", "exec", "appServer", "subAgent", "subAgentThreadSpawn", "unknown"]

Outcome = tuple[str, str]


def present(seen: str) -> Outcome:
    """Say that the fault is there."""
    return "PRESENT", seen


def absent(seen: str) -> Outcome:
    """Say that the fault is not there."""
    return "ABSENT", seen


def not_applicable(why: str) -> Outcome:
    """Say that this version or history mode does not have what the finding is about."""
    return "NOT APPLICABLE", why


class Refused(Exception):
    """An answer that is an error."""


class Codex:
    """An app-server with a home of its own, in which threads are started in one history mode."""

    def __init__(self, binary: str, history: str | None = None) -> None:
        self.binary, self.history = binary, history
        self.root = Path(tempfile.mkdtemp(prefix="codex-finding-"))
        self.home = self.root / "home"
        (self.home / "tmp").mkdir(parents=True)
        self.environment: dict[str, str] = {}
        self.named_agents = False
        self.model = Model()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Codex:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(kill=True)
        self.model.shutdown()
        self.model.server_close()
        shutil.rmtree(self.root, ignore_errors=True)

    def call(self, method: str, **params: Any) -> Any:
        """Make a call and return its result; raise `Refused` when it is refused."""
        if self._process is None:
            self._begin()
        number = next(self._numbers)
        self._send({"id": number, "method": method, "params": params})
        answer = self._wait(lambda line: line.get("id") == number and "method" not in line)
        if "error" in answer:
            raise Refused(answer["error"]["message"])
        return answer["result"]

    def refusal(self, method: str, **params: Any) -> str | None:
        """Make a call, and return the text of its refusal, or None when it is accepted."""
        try:
            self.call(method, **params)
        except Refused as refused:
            return str(refused)
        return None

    def start(self, **params: Any) -> str:
        """Start a thread and return its id."""
        if self.history:
            params["historyMode"] = self.history
        return str(self.call("thread/start", **{"cwd": str(self.home), **params})["thread"]["id"])

    def turn(self, thread: str, text: str) -> str:
        """Run a turn of a loaded thread to its end, and return its id."""
        turn = self.call("turn/start", threadId=thread, input=[{"type": "text", "text": text}])["turn"]["id"]
        self.wait_for("turn/completed", thread)
        return str(turn)

    def inject(self, thread: str, *texts: str) -> None:
        """Add user messages to a loaded thread's history without a turn."""
        parts = [[{"type": "input_text", "text": text}] for text in texts]
        items = [{"type": "message", "role": "user", "content": part} for part in parts]
        self.call("thread/inject_items", threadId=thread, items=items)

    def read(self, thread: str, **params: Any) -> Any:
        """Read a thread."""
        return self.call("thread/read", threadId=thread, **params)["thread"]

    def walk(self, method: str = "thread/list", **params: Any) -> list[dict[str, Any]]:
        """Follow the cursors of a listing to its end, and return everything on its pages."""
        found: list[dict[str, Any]] = []
        cursor = None
        for _ in range(100):
            page = self.call(method, **params, **({"cursor": cursor} if cursor else {}))
            found += page["data"]
            cursor = page["nextCursor"]
            if cursor is None:
                return found
        raise RuntimeError("a listing has no end")

    def listed(self, **params: Any) -> dict[str, dict[str, Any]]:
        """Return by id what a walk of the list shows."""
        return {thread["id"]: thread for thread in self.walk(**params)}

    def wait_for(self, method: str, thread: str) -> dict[str, Any]:
        """Wait for a notification about a thread."""
        return self._wait(lambda line: line.get("method") == method and line["params"].get("threadId") == thread)

    def stop(self, *, kill: bool = False) -> None:
        """End the process: by closing its input, or at once."""
        if self._process is None:
            return
        if kill:
            self._process.kill()
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process = None

    def rollout(self, thread: str) -> Path:
        """Return the newest file that holds a thread's history."""
        return max(self.home.rglob(f"rollout-*{thread}*.jsonl"), key=lambda path: path.stat().st_mtime_ns)

    def lines(self, thread: str) -> list[dict[str, Any]]:
        """Return the lines of that file."""
        return [json.loads(line) for line in self.rollout(thread).read_text(encoding="utf-8").splitlines()]

    def _begin(self) -> None:
        config = CONFIG.format(named_agents=str(self.named_agents).lower())
        config += "".join(PROVIDER.format(name=name, port=self.model.server_port) for name in ("mock", "other"))
        (self.home / "config.toml").write_text(config, encoding="utf-8")
        nowhere = dict.fromkeys(
            ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), f"http://127.0.0.1:{self.model.server_port}"
        )
        own = {"HOME": self.home, "CODEX_HOME": self.home, "TMPDIR": self.home / "tmp"}
        environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", "NO_PROXY": "127.0.0.1", **nowhere}
        environment |= {name: str(path) for name, path in own.items()} | self.environment
        self._process = subprocess.Popen(
            [self.binary, "app-server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=self.home,
        )
        self._numbers = itertools.count(1)
        self._arrived: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._kept: list[dict[str, Any]] = []
        threading.Thread(target=self._receive, args=(self._process, self._arrived), daemon=True).start()
        client = {"name": "finding", "version": "1", "title": None}
        self.call("initialize", clientInfo=client, capabilities={"experimentalApi": True})
        self._send({"method": "initialized"})

    @staticmethod
    def _receive(process: subprocess.Popen[bytes], arrived: queue.Queue[dict[str, Any] | None]) -> None:
        for line in process.stdout or ():
            arrived.put(json.loads(line))
        arrived.put(None)

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def _wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        for number, line in enumerate(self._kept):
            if wanted(line):
                return self._kept.pop(number)
        while (arrived := self._arrived.get(timeout=PATIENCE)) is not None:
            if wanted(arrived):
                return arrived
            if "id" in arrived and "method" in arrived:
                self._send({"id": arrived["id"], "error": {"code": -32601, "message": "nobody is here to answer"}})
            else:
                self._kept.append(arrived)
        raise RuntimeError("the app-server has ended")


def report(finding: Callable[[Codex], Outcome]) -> None:
    """Run a finding by the command line, print what came of it, and end with 0, 1, 2, or 3 when it went wrong."""
    asked = argparse.ArgumentParser(description=sys.modules[finding.__module__].__doc__)
    asked.add_argument("--codex-bin", required=True, help="the codex executable")
    asked.add_argument("--history", help="the history mode to start threads in; the version's own when not given")
    given = asked.parse_args()
    try:
        with Codex(given.codex_bin, given.history) as codex:
            verdict, seen = finding(codex)
    except Exception as error:
        print(f"TROUBLE: {type(error).__name__}: {error}")
        sys.exit(3)
    print(f"{verdict}: {seen}")
    sys.exit(("PRESENT", "ABSENT", "NOT APPLICABLE").index(verdict))
