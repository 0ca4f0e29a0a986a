"""JSON-RPC with a child process over its standard input and output, one message a line.

One thread reads, one writes, and one keeps the end of the standard error, so that no call waits longer than it was told
to: neither for an answer nor for room in a pipe. Codex leaves the member ``jsonrpc`` out, and so do we.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any

import orjson

from threadstore.jsonvalue import JSON

from .errors import CodexDied, CodexError, CodexGarbled, CodexHang, CodexRefused
from .notifications import Notification, NotificationLog

#: How much of the standard error is kept.
STDERR_KEPT = 16_384

#: How long a process may live on after it closed its output.
LAST_MOMENTS_S = 5

#: The code of an answer to a request that the answerer does not offer.
METHOD_NOT_FOUND = -32601

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
        self._process = subprocess.Popen(  # noqa: S603 - the caller's own choice of a program is what this is for
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
        )
        self._pending: dict[int, tuple[str, Future[JSON]]] = {}
        self._ids = 0
        #: Guards what the threads share.
        self._guard = threading.Lock()
        self._told = NotificationLog()
        self._over = False
        #: Why nothing more is read, though the process may live.
        self._fault: CodexError | None = None
        self._closed = False
        self._stderr = bytearray()
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=work, name=f"codex-{work.__name__.strip('_')}", daemon=True)
            for work in (self._read, self._write, self._keep_stderr)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether the child has ended."""
        return self._process.poll() is not None

    @property
    def closed(self) -> bool:
        """Whether the child was closed or killed from here."""
        return self._closed

    @property
    def stderr(self) -> str:
        """The end of what the child wrote to its standard error."""
        with self._guard:
            return self._stderr.decode(errors="replace")

    def request(self, method: str, params: JSON = None) -> Future[JSON]:
        """Send a request and return where its answer will be; `result` of it waits."""
        answer: Future[JSON] = Future()
        with self._guard:
            self._ids += 1
            number = self._ids
            self._pending[number] = (method, answer)
            over = self._over
        self._send({"id": number, "method": method, "params": params})
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
        self._send({"method": method} if params is None else {"method": method, "params": params})

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
        self._outbox.put(None)
        try:
            status = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            stderr = self.stderr
            self.kill()
            raise CodexHang("the end of the process after its input was closed", timeout, stderr) from None
        self._join()
        return status

    def kill(self) -> int:
        """Kill the child and whatever it started in its session, at once, and return its status."""
        self._closed = True
        if not self.ended:
            os.killpg(self.pid, signal.SIGKILL)
        status = self._process.wait()
        self._outbox.put(None)
        self._join()
        return status

    def _send(self, message: Mapping[str, JSON]) -> None:
        self._outbox.put(orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE))

    def _write(self) -> None:
        pipe = _open(self._process.stdin)
        while (line := self._outbox.get()) is not None:
            try:
                pipe.write(line)
                pipe.flush()
            except OSError:
                break
        try:
            pipe.close()
        except OSError:
            return

    def _read(self) -> None:
        for line in _open(self._process.stdout):
            try:
                self._take(orjson.loads(line))
            except _AnswererFailed as failed:
                self._fault = CodexError(str(failed))
                break
            except (ValueError, KeyError, TypeError):
                self._fault = CodexGarbled(line[:400].decode(errors="replace").rstrip())
                break
        with self._guard:
            self._over = True
        self._told.end()
        self._fail_pending()

    def _keep_stderr(self) -> None:
        pipe = _open(self._process.stderr)
        while chunk := os.read(pipe.fileno(), 1024):
            with self._guard:
                self._stderr += chunk
                del self._stderr[:-STDERR_KEPT]

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._settle(message)
        elif "id" not in message:
            self._told.add(Notification(message["method"], message.get("params")))
        else:
            self._answer(message["id"], message["method"], message.get("params"))

    def _settle(self, message: Mapping[str, JSON]) -> None:
        with self._guard:
            method, answer = self._pending.pop(message["id"])
        if "error" in message:
            error = message["error"]
            answer.set_exception(CodexRefused(method, error["code"], error["message"], error.get("data")))
        else:
            answer.set_result(message["result"])

    def _answer(self, number: JSON, method: str, params: JSON) -> None:
        try:
            answer = self._answerer(method, params)
        except Exception as error:
            raise _AnswererFailed(f"answering {method} failed here: {type(error).__name__}: {error}") from error
        if answer is None:
            refusal = {"code": METHOD_NOT_FOUND, "message": f"{method} is not offered"}
            self._send({"id": number, "error": refusal})
        else:
            self._send({"id": number, "result": answer})

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
            return self._fault
        try:
            status = self._process.wait(LAST_MOMENTS_S)
        except subprocess.TimeoutExpired:
            # It closed its output and lives on: nobody can speak with it any more.
            self._process.kill()
            status = self._process.wait()
        self._threads[2].join(1)
        return CodexDied(what, status, self.stderr)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(5)
        for pipe in (self._process.stdout, self._process.stderr):
            _open(pipe).close()


class _AnswererFailed(Exception):
    """The answerer of this side raised: no fault of the process."""


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without this pipe")
    return pipe
