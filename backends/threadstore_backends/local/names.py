"""The name index, ``session_index.jsonl``: ``{"id", "thread_name", "updated_at"}``, one entry a line.

The last entry of a thread wins, by its place in the file; a blank name means that the thread has none. Other programs
append to the file too, so it is read again whenever it has changed.
"""

from __future__ import annotations

import codecs
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from attrs import frozen

from threadstore.errors import Internal
from threadstore.ids import ThreadId

from .encoding import rfc3339


@frozen
class Entry:
    """A line of the name index; ``thread_id`` is none where the line is no entry."""

    line: int
    text: bytes
    thread_id: ThreadId | None = None
    name: str = ""


class NameIndex:
    """The names of a home's threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] = ()
        self._names: dict[ThreadId, str] = {}
        #: Why the file cannot be read; none while it can, or is not there.
        self.problem: str | None = None

    def get(self, thread_id: ThreadId) -> str | None:
        """Return a thread's name; none when it has none or a blank one."""
        name = self._current().get(thread_id, "")
        return name if name.strip() else None

    def last(self, thread_id: ThreadId) -> str | None:
        """Return what the last entry of a thread says, blank or not; none without an entry."""
        return self._current().get(thread_id)

    def set(self, thread_id: ThreadId, name: Callable[[], str | None], now: int) -> None:
        """Append an entry, unless the last one says so already; no name at all is an empty one.

        The name is asked for when nobody else can append: of two that name a thread, both append the later one's.
        """
        if (self.last(thread_id) or "") == (name() or ""):
            return
        with self._locked() as descriptor:
            text = name() or ""
            if (self.last(thread_id) or "") == text:
                return
            entry = {"id": thread_id, "thread_name": text, "updated_at": rfc3339(now)}
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            _write(descriptor, b"\n" * torn + orjson.dumps(entry) + b"\n")

    def forget(self, thread_id: ThreadId) -> None:
        """Remove every entry of a thread; lines that are no entry stay."""
        if self.last(thread_id) is None and self.problem is None:
            return
        with self._locked():
            kept = [entry.text for entry in self.entries() if entry.thread_id != thread_id]
            beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666)
            try:
                _write(descriptor, b"".join(line + b"\n" for line in kept))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(beside, self._path)

    def entries(self) -> Iterator[Entry]:
        """Yield every line that is not blank."""
        for number, line in enumerate(_lines(self._path), 1):
            if line.strip():
                yield _entry(number, line)

    def _current(self) -> dict[ThreadId, str]:
        try:
            status = os.stat(self._path, follow_symlinks=False)
            seen = (status.st_ino, status.st_size, status.st_mtime_ns)
            if seen != self._seen:
                self._names = {e.thread_id: e.name for e in self.entries() if e.thread_id is not None}
                self._seen = seen
            self.problem = None
        except FileNotFoundError:
            self._names, self._seen, self.problem = {}, (), None
        except OSError as error:
            self._names, self._seen = {}, ()
            self.problem = f"cannot be read ({error.strerror}), so it counts as empty"
        return self._names

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """Hold the file against other handles of ours; a rewrite replaces it, so look again once it is held."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with _errors_named(self._path):
            while True:
                descriptor = os.open(self._path, flags, 0o666)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
                    if _is_at(descriptor, self._path):
                        yield descriptor
                        return
                finally:
                    os.close(descriptor)


def _entry(number: int, line: bytes) -> Entry:
    try:
        value: Any = orjson.loads(line)
        thread_id, name = value["id"], value["thread_name"]
    except (ValueError, TypeError, KeyError):
        return Entry(number, line)
    if not isinstance(thread_id, str) or not isinstance(name, str | None):
        return Entry(number, line)
    return Entry(number, line, thread_id, name or "")


def _lines(path: Path) -> list[bytes]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return []
    with os.fdopen(descriptor, "rb") as file:
        return file.read().removeprefix(codecs.BOM_UTF8).split(b"\n")


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path, follow_symlinks=False))
    except FileNotFoundError:
        return False


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


@contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Internal(
            f"{path} cannot be read or written ({error.strerror or error}); it must be a plain file"
        ) from error
