"""The rollout recorder: writes lines to one rollout, in order, and decides nothing (LOCAL-3, R7).

The file is made at the first write. What an I/O error left unwritten is kept, and written before anything else at
the next call. No line is ever glued to a torn one: a file that does not end in a newline gets one first, at the
first write, so that opening a rollout changes nothing.
"""

from __future__ import annotations

import os

from threadstore.errors import Internal

from .layout import Layout


class RolloutRecorder:
    """Appends whole lines to one rollout."""

    def __init__(self, layout: Layout, path: str, head: bytes | None = None) -> None:
        self._layout = layout
        #: The rollout's plain path, relative to the home; a rename of the file is told to `moved`.
        self.path = path
        self._head = head
        self._descriptor: int | None = None
        self._unwritten = b""
        self._started = False
        self._created = False

    @property
    def pending(self) -> bool:
        """Whether something accepted is not in the file yet."""
        return bool(self._unwritten)

    @property
    def begun(self) -> bool:
        """Whether this recorder has made its file, if only in part."""
        return self._created

    def open(self) -> None:
        """Open an existing rollout, so that a later append need not; nothing in the file changes."""
        if self._descriptor is None:
            self._descriptor = self._opened()

    def append(self, lines: bytes) -> None:
        """Write lines that end in a newline; raise `Internal` and keep what is unwritten if the disk refuses."""
        if self._started and self._descriptor is not None and not self._unwritten:
            try:
                written = os.write(self._descriptor, lines)
            except OSError:
                written = 0  # the flush below tries once more, and reports
            if written == len(lines):
                return
            lines = lines[written:]
        self._unwritten += lines
        self.flush()

    def materialise(self) -> None:
        """Make the file, with its head, if it does not exist yet."""
        if self._head is not None and not self._started:
            self.flush(force=True)

    def flush(self, *, force: bool = False) -> None:
        """Write what is unwritten; raise `Internal` that names the file and the cause if the disk refuses."""
        if not self._unwritten and not force:
            return
        try:
            self._write_out()
        except OSError as error:
            self.close()
            path = self._layout.absolute(self.path)
            raise Internal(
                f"{path} cannot be written ({error.strerror or error}); what was accepted is kept and written"
                " at the next flush, once the cause is gone"
            ) from error

    def moved(self, path: str) -> None:
        """Learn that the file has been renamed; writing goes on in it."""
        self.path = path

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def _write_out(self) -> None:
        if self._descriptor is None:
            self._descriptor = self._opened()
        if not self._started:
            self._unwritten = self._beginning(self._descriptor) + self._unwritten
            self._started = True
        while self._unwritten:
            written = os.write(self._descriptor, self._unwritten)
            self._unwritten = self._unwritten[written:]

    def _opened(self) -> int:
        path = self._layout.absolute(self.path)
        flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        if self._head is not None and not self._started:
            self._layout.make_parent(path)
            flags |= os.O_CREAT if self._created else os.O_CREAT | os.O_EXCL
        descriptor = os.open(path, flags, 0o666)
        self._created = True
        return descriptor

    def _beginning(self, descriptor: int) -> bytes:
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        head = self._head or b""
        return b"\n" + head if torn else head
