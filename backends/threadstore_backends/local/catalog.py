"""The catalog: the index kept in step with the files of a home.

A row that is not adopted repeats what the rollout, the name index and Codex's row say, and is read again when they
change. A row whose file is gone is hidden, not removed: the file may come back.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from attrs import evolve, field, frozen

from threadstore.errors import Internal, ThreadStoreError
from threadstore.ids import ThreadId
from threadstore.thread import StoredThread

from . import codex_state, facts
from .codex_state import CodexRow, CodexState
from .index import Index, open_index
from .layout import CODEX_DATABASE, NAME_INDEX, OWN_DATABASE, Layout, RolloutFile
from .names import NameIndex
from .rollout import read_bytes
from .rows import Row


@frozen
class Problem:
    """Something in a home that is damaged or not understood."""

    #: Relative to the home.
    file: str
    what: str
    line: int | None = None
    #: How many times, where that is more than one thing of a kind.
    count: int = 1


@frozen
class Catalog:
    """The threads of a home, wherever what is known of them is kept."""

    layout: Layout
    index: Index
    names: NameIndex
    #: None where SQLite is not used.
    codex: CodexState | None
    #: What was wrong when the home was opened.
    problems: list[Problem] = field(factory=list)
    #: Threads whose rollout could not be understood: they have no row, but their ids are taken.
    unreadable: set[ThreadId] = field(factory=set)

    @classmethod
    def open(cls, home: Path, *, use_sqlite: bool) -> Catalog:
        """Open a home and bring the index in step with its files."""
        layout = Layout(home)
        codex = CodexState(home / CODEX_DATABASE) if use_sqlite else None
        index, wrong = open_index(home / OWN_DATABASE) if use_sqlite else (Index(None), None)
        catalog = cls(layout, index, NameIndex(home / NAME_INDEX), codex)
        if wrong:
            catalog.problems.append(Problem(OWN_DATABASE, wrong))
        try:
            catalog.scan()
        except BaseException:
            index.close()
            raise
        return catalog

    def scan(self) -> None:
        """Bring every row in step with the files."""
        self.problems[:] = [problem for problem in self.problems if problem.file == OWN_DATABASE]
        self.unreadable.clear()
        codex_rows = self.codex.rows() if self.codex else {}
        if self.codex and self.codex.problem:
            self.problems.append(Problem(CODEX_DATABASE, self.codex.problem))
        self.names.last("")
        if self.names.problem:
            self.problems.append(Problem(NAME_INDEX, self.names.problem))
        known = {
            thread_id: _Known(*values)
            for thread_id, *values in self.index.execute(
                "SELECT thread_id, rollout_path, adopted, hidden, seen, archived, name FROM threads"
            )
        }
        changed: list[Row] = []
        for found in self.layout.rollouts():
            row = self._scanned(found, known.pop(found.thread_id, None), codex_rows)
            if row is not None:
                changed.append(row)
        if changed:
            self.index.follow(*changed)
        for thread_id, gone in known.items():
            if not gone.hidden:
                self.index.set_flags(thread_id, hidden=True)

    def get(self, thread_id: ThreadId) -> Row | None:
        """Return the row of a thread that exists, up to date; none for an unknown one.

        Raises `InvalidRequest` or `Internal` that names the thread when its rollout cannot be understood.
        """
        row = self.index.get(thread_id)
        if row is not None and not row.hidden and row.adopted and self.layout.exists(row.path):
            return self._renamed(row)
        if row is not None and not row.hidden and not row.adopted:
            refreshed = self._refreshed(row)
            if refreshed is not None:
                return refreshed
        found = self.layout.find(thread_id)
        if found is None:
            if row is not None and not row.hidden:
                self.index.set_flags(thread_id, hidden=True)
            return None
        if row is not None and row.adopted:
            moved = placed(row, found, row.thread.updated_at)
            self.index.place(thread_id, moved.path, moved.thread.archived_at)
        else:
            self.index.follow(self._described(found, self.codex.row(thread_id) if self.codex else None))
        return self.index.get(thread_id)

    def stored(self, thread_id: ThreadId) -> bool:
        """Tell whether an id is taken, by the index where it lasts, else by the files."""
        row = self.index.get(thread_id)
        if (row is not None and not row.hidden) or thread_id in self.unreadable:
            return True
        return not self.index.lasting and self.layout.find(thread_id) is not None

    def shown(self, thread: StoredThread) -> StoredThread:
        """Return a thread as readers see it: its path in full."""
        return evolve(thread, rollout_path=f"{self.layout.home}/{thread.rollout_path or ''}")

    def physical(self, row: Row) -> Path:
        """Return the file that holds a thread's rollout; raise `Internal` if it is gone."""
        path = self.layout.physical(row.path)
        if path is None:
            raise Internal(
                f"thread {row.thread.thread_id}: its rollout {self.layout.absolute(row.path)} is gone;"
                " put it back, or delete the thread"
            )
        return path

    def _scanned(self, found: RolloutFile, known: _Known | None, codex_rows: Mapping[ThreadId, CodexRow]) -> Row | None:
        codex_row = codex_rows.get(found.thread_id)
        if known is not None and known.adopted:
            if (known.path, bool(known.archived), bool(known.hidden)) == (found.path, found.archived, False):
                if (self.names.last(found.thread_id) or "").strip() != (known.name or "").strip():
                    self.get(found.thread_id)
                return None
            row = self.index.get(found.thread_id)
            if row is not None:
                moved = placed(row, found, codex_state.archived_at(codex_row) or row.thread.updated_at)
                self.index.place(found.thread_id, moved.path, moved.thread.archived_at)
            return None
        try:
            if known is not None and not known.hidden and known.path == found.path:
                physical = self.layout.physical(found.path)
                if physical is not None and known.seen == self._signature(physical, found.thread_id, codex_row):
                    return None
            return self._described(found, codex_row)
        except ThreadStoreError as error:
            # One damaged thread never hides another (DUR-4).
            self.unreadable.add(found.thread_id)
            self.problems.append(Problem(found.file, getattr(error, "message", str(error))))
            return None

    def _refreshed(self, row: Row) -> Row | None:
        """Return a row read again if its files have changed; none when the rollout is elsewhere."""
        thread_id = row.thread.thread_id
        physical = self.layout.physical(row.path)
        if physical is None:
            return None
        if row.seen.startswith(self._files_signature(physical, thread_id)):
            return row
        codex_row = self.codex.row(thread_id) if self.codex else None
        compressed = physical.name != row.path.rpartition("/")[2]
        found = RolloutFile(thread_id, row.path, row.archived, compressed=compressed)
        self.index.follow(self._described(found, codex_row))
        return self.index.get(thread_id)

    def _renamed(self, row: Row) -> Row:
        """Return an adopted row with the name that another program gave the thread since, if one did."""
        last = self.names.last(row.thread.thread_id)
        # What is still to be restated is newer than the index.
        if last is None or row.restate or last.strip() == (row.thread.name or "").strip():
            return row
        self.index.rename(row.thread.thread_id, row.thread.name, last if last.strip() else None)
        return self.index.get(row.thread.thread_id) or row

    def _described(self, found: RolloutFile, codex_row: CodexRow | None) -> Row:
        """Return the row of a thread as its files tell it."""
        physical = self.layout.physical(found.path)
        if physical is None:
            raise Internal(f"thread {found.thread_id}: its rollout {found.path} cannot be reached inside the home")
        seen = self._signature(physical, found.thread_id, codex_row)
        told = facts.fold(read_bytes(physical), found.thread_id)
        thread = described(found, told, physical, self.names, codex_row)
        if thread is None:
            raise Internal(
                f"thread {found.thread_id}: {physical} holds no session_meta record of this thread that can be read;"
                " restore its first line, or move the file away"
            )
        return Row(thread=thread, seen=seen)

    def _signature(self, physical: Path, thread_id: ThreadId, codex_row: CodexRow | None) -> str:
        return f"{self._files_signature(physical, thread_id)}{codex_state.fingerprint(codex_row)}"

    def _files_signature(self, physical: Path, thread_id: ThreadId) -> str:
        status = os.stat(physical)
        return f"{physical.name[-4:]} {status.st_size} {status.st_mtime_ns} {self.names.last(thread_id)!r} "


def described(
    found: RolloutFile, told: facts.Facts, physical: Path, names: NameIndex, codex_row: CodexRow | None
) -> StoredThread | None:
    """Return the thread that the facts of a rollout, its name and Codex's row make together.

    None when the rollout has no SessionMeta of its own that can be read.
    """
    modified = os.stat(physical).st_mtime_ns // 1_000_000
    thread = facts.stored_thread(told, found.path, modified, archived=found.archived)
    if thread is None:
        return None
    name = names.get(found.thread_id)
    if codex_row is not None:
        if names.last(found.thread_id) is None:
            name = codex_state.explicit_name(thread, codex_row)
        thread = codex_state.overlaid(thread, codex_row)
    return evolve(thread, name=name, rollout_path=found.path)


@frozen
class _Known:
    path: str
    adopted: int
    hidden: int
    seen: str
    archived: int
    name: str | None


def placed(row: Row, found: RolloutFile, archived_at: int) -> Row:
    """Return an adopted row with the place that its file has now, whoever moved it."""
    thread = evolve(row.thread, rollout_path=found.path)
    if found.archived != row.archived:
        thread = evolve(thread, archived_at=archived_at if found.archived else None)
    return evolve(row, thread=thread)
