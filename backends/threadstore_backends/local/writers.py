"""Live writers: from a thread that is only a promise, to its file, to the lines appended to it.

The order in which a thread comes to be lets it be killed at any instant: its row is reserved, hidden; then the file is
written; then the row is shown. A row that never got its file stays hidden, a file whose row is still hidden is shown
at the next opening.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from attrs import define, evolve

from threadstore.errors import ThreadStoreError
from threadstore.ids import Clock, ThreadId
from threadstore.patch import ThreadMetadataPatch
from threadstore.thread import StoredThread

from . import codex_state, facts, patching, rollout
from .catalog import Catalog, Problem
from .encoding import encode_line
from .layout import COMPRESSED
from .recorder import RolloutRecorder
from .rows import Row


@define
class Writer:
    """A thread's live writer."""

    thread_id: ThreadId
    recorder: RolloutRecorder
    #: The thread as created, while it is hidden; none once it is visible.
    created: StoredThread | None = None
    #: Whether an append is only a write: the thread is visible, and its row adopted.
    ready: bool = False


@define
class Writing:
    """What writes to a home's threads."""

    catalog: Catalog
    clock: Clock

    def resumed(self, row: Row) -> Writer:
        """Return a writer for a stored thread; its file, decompressed if need be, is open and unchanged."""
        recorder = self._recorder(row)
        return Writer(row.thread.thread_id, recorder, ready=row.adopted or not self.catalog.index.lasting)

    def append(self, writer: Writer, lines: bytes) -> None:
        """Append lines; the first ones make a thread visible, or adopt it."""
        if writer.created is not None:
            self.appear(writer, Row(thread=writer.created, adopted=True), lines)
            return
        if not writer.ready:
            self.catalog.get(writer.thread_id)
            self.catalog.index.set_flags(writer.thread_id, adopted=True)
            writer.ready = True
        writer.recorder.append(lines)

    def appear(self, writer: Writer, row: Row, lines: bytes = b"") -> None:
        """Make a hidden thread visible, with this row and these lines."""
        index = self.catalog.index
        if index.lasting:
            index.put(evolve(row, hidden=True))
        if self.catalog.names.get(writer.thread_id) is not None:
            # Left by a thread of this id that was deleted by half: it is not this one's name.
            self.catalog.names.set(writer.thread_id, lambda: None, self.clock())
        if lines:
            writer.recorder.append(lines)
        else:
            writer.recorder.materialise()
        if index.lasting:
            index.set_flags(writer.thread_id, hidden=False)
        writer.created, writer.ready = None, True

    def settle(self, writer: Writer) -> None:
        """Write what an earlier failure left unwritten."""
        if not writer.recorder.pending:
            return
        if writer.created is not None:
            self.appear(writer, Row(thread=writer.created, adopted=True))
        writer.recorder.flush()

    def drop(self, writer: Writer) -> None:
        """Close a writer without writing; a hidden thread leaves no trace."""
        writer.recorder.close()
        if writer.created is None:
            return
        if writer.recorder.begun:
            self.catalog.layout.absolute(writer.recorder.path).unlink(missing_ok=True)
            self.catalog.index.remove(writer.thread_id)

    def patch(self, row: Row, patch: ThreadMetadataPatch, writer: Writer | None) -> None:
        """Patch a thread: its row is the truth, and files and Codex's row state what they state of it too."""
        fields = patching.set_fields(patch)
        restate = "name" in fields or patching.concerns_rollout(fields)
        if writer is not None and writer.created is not None:
            row = _patched(row, patch, restate=restate)
            self.appear(writer, row)
        elif self.catalog.index.lasting:
            with self.catalog.index.transaction():
                # Another handle may have patched the thread since it was read.
                row = _patched(self.catalog.index.get(row.thread.thread_id) or row, patch, restate=restate)
                self.catalog.index.put(row)
            if writer is not None:
                writer.ready = True
        else:
            row = _patched(row, patch, restate=restate)
        if restate:
            self.restate(row, fields, writer)
        if self.catalog.codex is not None:
            self.catalog.codex.update(row.thread.thread_id, codex_state.columns(row.thread, fields - {"rollout_path"}))

    def restate(self, row: Row, fields: set[str], writer: Writer | None = None) -> None:
        """State a thread's name in the name index, its memory mode and git in its rollout."""
        thread = row.thread
        if "name" in fields:
            self.catalog.names.set(thread.thread_id, lambda: self._name_now(row), self.clock())
        if patching.concerns_rollout(fields):
            line = self._restated_meta(row, with_git="git_info" in fields)
            if line is not None:
                self._write(row, line, writer)
        if self.catalog.index.lasting:
            self.catalog.index.set_flags(thread.thread_id, restate=False)

    def _name_now(self, row: Row) -> str | None:
        # Another handle may have named the thread since.
        now = self.catalog.index.get(row.thread.thread_id) if self.catalog.index.lasting else None
        return (now or row).thread.name

    def finish_restating(self) -> None:
        """State in the files what a killed process had patched in the index alone."""
        for row in self.catalog.index.select("WHERE restate AND NOT hidden", ()):
            try:
                self.restate(row, {"name", *self._not_restated(row)})
            except ThreadStoreError as error:
                # The row stays marked, and the thread hinders no other.
                self.catalog.problems.append(Problem(row.path, getattr(error, "message", str(error))))

    def _not_restated(self, row: Row) -> Iterator[str]:
        told = facts.fold(rollout.read_bytes(self.catalog.physical(row)), row.thread.thread_id)
        if told.git != row.thread.git_info:
            yield "git_info"
        if (told.memory_mode or "enabled") != row.thread.memory_mode:
            yield "memory_mode"

    def _write(self, row: Row, line: bytes, writer: Writer | None) -> None:
        if writer is not None:
            writer.recorder.append(line)
            return
        recorder = self._recorder(row)
        try:
            recorder.append(line)
        finally:
            recorder.close()

    def _recorder(self, row: Row) -> RolloutRecorder:
        physical = self.catalog.physical(row)
        if physical.name.endswith(COMPRESSED):
            self._decompress(row)
        recorder = RolloutRecorder(self.catalog.layout, row.path)
        recorder.open()
        return recorder

    def _decompress(self, row: Row) -> None:
        plain = self.catalog.layout.absolute(row.path)
        twin = plain.with_name(plain.name + COMPRESSED)
        beside = plain.with_name(f"{plain.name}.{os.getpid()}.tmp")
        status = twin.stat()
        data, whole = rollout.decompress(twin, twin.read_bytes())
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(beside, status.st_mode & 0o777)
        os.utime(beside, ns=(status.st_atime_ns, status.st_mtime_ns))
        os.rename(beside, plain)
        if whole:
            twin.unlink()  # of a torn one the rest may be worth something to somebody

    def _restated_meta(self, row: Row, *, with_git: bool) -> bytes | None:
        """Return a SessionMeta that says what the first one said, with the memory mode, and the git, of now."""
        thread = row.thread
        data = rollout.read_bytes(self.catalog.physical(row))
        payload = rollout.first_meta(data, thread.thread_id)
        if payload is None:
            return None  # damaged: a restated one would become the first
        payload = {name: value for name, value in payload.items() if name != "git"}
        payload["memory_mode"] = thread.memory_mode
        if with_git:
            payload["git"] = facts.git_payload(thread.git_info)
        if payload.get("history_mode") != "paginated":
            return encode_line("session_meta", payload, self.clock())
        last = facts.fold(data, thread.thread_id).last_ordinal
        return encode_line("session_meta", payload, self.clock(), ordinal=0 if last is None else last + 1)


def _patched(row: Row, patch: ThreadMetadataPatch, *, restate: bool) -> Row:
    return evolve(row, thread=patching.patched(row.thread, patch), adopted=True, restate=row.restate or restate)
