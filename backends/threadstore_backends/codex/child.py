"""A child process that lines go into and come out of, in a session of its own.

Each pipe has a thread, so that nobody waits for room in one or for a line longer than they choose to, and the thread
alone touches its pipe. A pipe may outlive the child, because whatever the child started may hold it: so all three end
with the child, after what the child left in them. Whoever is left of its process group is killed when it has ended and,
where that can be, before it is reaped: until then nobody else can have its number.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import IO

#: How much of the standard error is kept.
STDERR_KEPT = 16_384

#: How long a process may live on after it closed its output.
LAST_MOMENTS_S = 5

_CHUNK = 65_536


class Child:
    """A child process, and its three pipes."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        on_line: Callable[[bytes], None],
        on_end: Callable[[], None],
    ) -> None:
        """Start it: after `listen`, ``on_line`` gets each whole line of its output, ``on_end`` its end."""
        self._process = subprocess.Popen(  # noqa: S603 - the caller's own choice of a program is what this is for
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            env=dict(environment),
            cwd=cwd,
            start_new_session=True,
        )
        self._on_line = on_line
        self._on_end = on_end
        #: Guards what the threads share.
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._stderr = bytearray()
        self._outbox: SimpleQueue[bytes | None] = SimpleQueue()
        #: Can be read, at its end, as soon as the child has ended.
        self._alive, self._until_the_end = os.pipe()
        self._keeper = _thread(self._keep_stderr)
        self._pipes = (self._keeper, _thread(self._read), _thread(self._write))
        self._waiter = _thread(self._wait)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, the negative number of the signal that ended it, or none while it runs."""
        return self._process.returncode if self._ended.is_set() else None

    @property
    def stderr(self) -> str:
        """The end of what it wrote to its standard error."""
        with self._guard:
            return self._stderr.decode(errors="replace")

    def listen(self) -> None:
        """Begin to read what it writes, and to write what it is sent."""
        for thread in (*self._pipes, self._waiter):
            thread.start()

    def send(self, line: bytes) -> None:
        """Have a line written; one that cannot be written any more is dropped."""
        self._outbox.put(line)

    def close_input(self) -> None:
        """Have its standard input closed, after what was sent."""
        self._outbox.put(None)

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended, and return its status; `TimeoutError` when that lasts too long."""
        if not self._ended.wait(timeout):
            raise TimeoutError
        return self._process.returncode

    def join(self) -> None:
        """Wait, when it has ended, until its pipes are read, or for as long as what takes the lines may be given."""
        self._waiter.join(LAST_MOMENTS_S)

    def kill(self) -> int:
        """Kill it and whatever is in its process group, at once, and return its status."""
        self._kill_group()
        status = self.wait()
        self.join()
        return status

    def _kill_group(self) -> None:
        with self._guard:
            # Nobody may be left, or nobody that we may kill.
            if not self._ended.is_set():
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(self.pid, signal.SIGKILL)

    def _wait(self) -> None:
        _await_exit(self._process)
        self._kill_group()
        with self._guard:
            self._process.wait()
            self._ended.set()
        os.close(self._until_the_end)
        self._outbox.put(None)
        for thread in self._pipes:
            thread.join()
        os.close(self._alive)

    def _read(self) -> None:
        for line in _lines(self._chunks(self._process.stdout)):
            self._on_line(line)
        # It may have closed its output and live on: nobody can speak with it any more.
        if not self._ended.wait(LAST_MOMENTS_S):
            self._kill_group()
            self._ended.wait()
        self._keeper.join()
        self._on_end()

    def _keep_stderr(self) -> None:
        for chunk in self._chunks(self._process.stderr):
            with self._guard:
                self._stderr += chunk
                del self._stderr[:-STDERR_KEPT]

    def _write(self) -> None:
        with _open(self._process.stdin) as pipe, selectors.DefaultSelector() as ready:
            os.set_blocking(pipe.fileno(), False)
            ready.register(pipe, selectors.EVENT_WRITE)
            ready.register(self._alive, selectors.EVENT_READ)
            while (line := self._outbox.get()) is not None:
                left = memoryview(line)
                while left:
                    if self._alive in {key.fd for key, _ in ready.select()}:
                        return
                    try:
                        left = left[os.write(pipe.fileno(), left) :]
                    except BlockingIOError:
                        continue
                    except OSError:
                        return

    def _chunks(self, pipe: IO[bytes] | None) -> Iterator[bytes]:
        """Yield what comes out of a pipe until its end, or until the child's and what was in the pipe then."""
        with _open(pipe) as opened, selectors.DefaultSelector() as ready:
            number = opened.fileno()
            ready.register(number, selectors.EVENT_READ)
            ready.register(self._alive, selectors.EVENT_READ)
            while self._alive not in {key.fd for key, _ in ready.select()}:
                chunk = os.read(number, _CHUNK)
                if not chunk:
                    return
                yield chunk
            left = int.from_bytes(fcntl.ioctl(number, termios.FIONREAD, bytes(4)), sys.byteorder)
            while left > 0 and (chunk := os.read(number, left)):
                left -= len(chunk)
                yield chunk


def _thread(work: Callable[[], None]) -> threading.Thread:
    return threading.Thread(target=work, name=f"codex{work.__name__}", daemon=True)


def _await_exit(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has ended, and leave it to be reaped where Python can do that: not on every macOS."""
    if hasattr(os, "waitid"):
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    else:
        process.wait()


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the whole lines; the last may be torn, by the child's death, and is left out."""
    begun: list[bytes] = []
    for chunk in chunks:
        *ends, rest = chunk.split(b"\n")
        for end in ends:
            yield b"".join((*begun, end))
            begun.clear()
        begun.append(rest)


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without this pipe")
    return pipe
