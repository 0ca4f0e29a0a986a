"""JSON-RPC with a child process over its standard input and output, one message a line.

No call waits longer than it was told to: neither for an answer nor for room in a pipe. Codex leaves the member
``jsonrpc`` out, and so do we.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any

import orjson

from threadstore.jsonvalue import JSON

from .child import Child
from .errors import CodexDied, CodexError, CodexGarbled, CodexHang, CodexRefused, CodexUnsendable
from .notifications import Notification, NotificationLog

#: The code of an answer to a request that the answerer does not offer.
METHOD_NOT_FOUND = -32601

#: How much of a line that is no message is told.
_SHOWN = 400

#: Answers a request of the process; ``None`` refuses it.
Answerer = Callable[[str, JSON], JSON | None]


def refuse_all(method: str, params: JSON) -> None:
    """Refuse every request of the process."""


class RpcProcess:
    """A child process that is spoken to in JSON-RPC."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        timeout: float = 30,
        answerer: Answerer = refuse_all,
    ) -> None:
        self.timeout = timeout
        self._answerer = answerer
        self._pending: dict[int, tuple[str, Future[JSON]]] = {}
        self._ids = 0
        #: Guards what the threads share.
        self._guard = threading.Lock()
        self._told = NotificationLog()
        self._over = False
        #: Why nothing more is taken though the process may live, made of what was waited for.
        self._fault: Callable[[str], CodexError] | None = None
        self._closed = False
        self._child = Child(
            command, environment=environment, cwd=cwd, on_line=self._take_line, on_end=self._take_no_more
        )
        self._child.listen()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def ended(self) -> bool:
        """Whether the child has ended."""
        return self._child.status is not None

    @property
    def closed(self) -> bool:
        """Whether the child was closed or killed from here."""
        return self._closed

    @property
    def stderr(self) -> str:
        """The end of what the child wrote to its standard error."""
        return self._child.stderr

    def request(self, method: str, params: JSON = None) -> Future[JSON]:
        """Send a request and return where its answer will be; `result` of it waits."""
        answer: Future[JSON] = Future()
        with self._guard:
            self._ids += 1
            number = self._ids
        line = _line(method, {"id": number, "method": method, "params": params})
        with self._guard:
            self._pending[number] = (method, answer)
            over = self._over
        self._child.send(line)
        if over:
            self._fail_pending()
        return answer

    def result(self, answer: Future[JSON], method: str, timeout: float | None = None) -> JSON:
        """Wait for an answer; raise `CodexRefused`, `CodexHang` or `CodexDied` that names the method."""
        limit = self.timeout if timeout is None else timeout
        try:
            return answer.result(limit)
        except FutureTimeout:
            raise CodexHang(method, limit, self.stderr) from None

    def call(self, method: str, params: JSON = None, *, timeout: float | None = None) -> JSON:
        """Send a request and return its answer."""
        return self.result(self.request(method, params), method, timeout)

    def notify(self, method: str, params: JSON = None) -> None:
        """Send a notification."""
        self._child.send(_line(method, {"method": method} if params is None else {"method": method, "params": params}))

    def mark(self) -> int:
        """Return where the notifications of now end: what is waited for from here on came later."""
        return self._told.mark()

    def notifications(self, since: int = 0) -> list[Notification]:
        """Return what was told from a mark on."""
        return self._told.since(since)

    def wait_for(
        self, wanted: Callable[[Notification], bool], what: str, *, since: int = 0, timeout: float | None = None
    ) -> Notification:
        """Return the first notification from a mark on that is wanted, as soon as it came."""
        limit = self.timeout if timeout is None else timeout
        try:
            found = self._told.wait_for(wanted, since, limit)
        except TimeoutError:
            raise CodexHang(what, limit, self.stderr) from None
        if found is None:
            raise self._end(what)
        return found

    def close(self, timeout: float = 30) -> int:
        """Close the child's standard input, wait until it has ended, and return its status.

        A child that does not end in time is killed, and `CodexHang` tells of it; `CodexDied` tells of one that had
        ended before it was asked to.
        """
        if self.ended and not self._closed:
            self.kill()
            raise self._end("closing")
        self._closed = True
        self._child.close_input()
        try:
            status = self._child.wait(timeout)
        except TimeoutError:
            stderr = self.stderr
            self.kill()
            raise CodexHang("the end of the process after its input was closed", timeout, stderr) from None
        self._child.join()
        return status

    def kill(self) -> int:
        """Kill the child and whatever is in its process group, at once, and return its status."""
        self._closed = True
        return self._child.kill()

    def _take_line(self, line: bytes) -> None:
        if self._fault is not None:
            return
        try:
            self._take(orjson.loads(line))
        except _AnswererFailed as failed:
            message = str(failed)
            self._fault = lambda what: CodexError(message)
        except (ValueError, KeyError, TypeError):
            shown = line[:_SHOWN].decode(errors="replace").rstrip()
            self._fault = lambda what: CodexGarbled(what, shown, self.stderr)
        if self._fault is not None:
            self._take_no_more()

    def _take_no_more(self) -> None:
        with self._guard:
            self._over = True
        self._told.end()
        self._fail_pending()

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._settle(message)
        elif "id" not in message:
            self._told.add(Notification(message["method"], message.get("params")))
        else:
            self._answer(message["id"], message["method"], message.get("params"))

    def _settle(self, message: Mapping[str, Any]) -> None:
        # Whoever waits is told only once the whole answer was understood, and otherwise of what it was.
        number = message["id"]
        with self._guard:
            method, answer = self._pending[number]
        if "error" in message:
            error = message["error"]
            refusal = CodexRefused(method, error["code"], error["message"], error.get("data"))
            answer.set_exception(refusal)
        else:
            answer.set_result(message["result"])
        with self._guard:
            del self._pending[number]

    def _answer(self, number: JSON, method: str, params: JSON) -> None:
        try:
            answer = self._answerer(method, params)
            refusal = {"code": METHOD_NOT_FOUND, "message": f"{method} is not offered"}
            line = _line(method, {"id": number, **({"error": refusal} if answer is None else {"result": answer})})
        except Exception as error:
            raise _AnswererFailed(f"answering {method} failed here: {type(error).__name__}: {error}") from error
        self._child.send(line)

    def _fail_pending(self) -> None:
        with self._guard:
            pending, self._pending = self._pending, {}
        for method, answer in pending.values():
            try:
                answer.set_exception(self._end(method))
            except InvalidStateError:
                continue

    def _end(self, what: str) -> CodexError:
        if self._fault is not None:
            return self._fault(what)
        return CodexDied(what, self._child.wait(), self.stderr)


class _AnswererFailed(Exception):
    """The answerer of this side raised, or returned no JSON: no fault of the process."""


def _line(method: str, message: Mapping[str, JSON]) -> bytes:
    try:
        return orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError as error:
        raise CodexUnsendable(method, str(error)) from error
