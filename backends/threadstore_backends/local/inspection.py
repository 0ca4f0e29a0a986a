"""What a home holds, found by reading alone: no file is made, changed or touched."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
from attrs import define, evolve, field, frozen

from threadstore.errors import ThreadStoreError
from threadstore.ids import ThreadId, is_thread_id
from threadstore.thread import StoredThread

from . import facts, suspicion
from .catalog import Problem, described, placed
from .codex_state import CodexRow, CodexState
from .facts import Facts
from .index import read_rows
from .layout import CODEX_DATABASE, NAME_INDEX, OWN_DATABASE, Layout, RolloutFile, rollout_of
from .names import NameIndex
from .readonly import readable
from .rollout import read_bytes
from .rows import Row

#: Damaged lines of one file that are named one by one; the others are counted.
_LINES_NAMED = 20


@frozen
class InspectedThread:
    """A thread, and what its file holds."""

    thread: StoredThread
    archived: bool
    #: Records that are history.
    items: int
    size_bytes: int


@frozen
class Inspection:
    """What a home holds."""

    home: Path
    threads: tuple[InspectedThread, ...]
    problems: tuple[Problem, ...]

    def to_json(self) -> dict[str, Any]:
        """Return ``{home, threads, problems}``, each thread with StoredThread's field names."""
        threads = []
        for found in self.threads:
            members = attrs.asdict(found.thread)
            del members["history"]
            more = {"archived": found.archived, "items": found.items, "size_bytes": found.size_bytes}
            threads.append({**members, **more})
        return {
            "home": str(self.home),
            "threads": threads,
            "problems": [attrs.asdict(problem) for problem in self.problems],
        }


def inspect_home(home: Path) -> Inspection:
    """Read a home; whatever is damaged in it is a problem, not an error."""
    inspector = _Inspector(Layout(home), NameIndex(home / NAME_INDEX))
    threads = inspector.threads()
    inspector.look_at_names()
    return Inspection(home, threads, tuple(inspector.problems))


@define
class _Inspector:
    layout: Layout
    names: NameIndex
    problems: list[Problem] = field(factory=list)
    #: The rollout that counts, by thread.
    rollouts: dict[ThreadId, RolloutFile] = field(factory=dict)

    def threads(self) -> tuple[InspectedThread, ...]:
        codex_rows, own_rows = self._codex_rows(), self._own_rows()
        self._find_rollouts()
        told: dict[ThreadId, Facts] = {}
        threads = []
        for found in sorted(self.rollouts.values(), key=lambda found: found.path):
            with self._problem(found.file):
                thread = self._thread(found, told, own_rows.get(found.thread_id), codex_rows.get(found.thread_id))
                if thread is not None:
                    threads.append(thread)
        self.problems += suspicion.of_codex_rows(codex_rows, self.rollouts, told, self.names, self.layout)
        for thread_id in own_rows.keys() - self.rollouts.keys():
            self._note(OWN_DATABASE, f"row of thread {thread_id}, whose rollout is gone")
        return tuple(sorted(threads, key=lambda found: (found.thread.created_at, found.thread.thread_id)))

    def look_at_names(self) -> None:
        """Note the entries of the name index that name nothing."""
        with self._problem(NAME_INDEX):
            for entry in self.names.entries():
                if entry.thread_id is None:
                    self._note(NAME_INDEX, "not an entry {id, thread_name, updated_at}", entry.line)
                elif not is_thread_id(entry.thread_id):
                    self._note(NAME_INDEX, f"{entry.thread_id!r} is not a thread id", entry.line)
                elif entry.thread_id not in self.rollouts and entry.name.strip():
                    self._note(NAME_INDEX, f"names thread {entry.thread_id}, which has no rollout", entry.line)

    def _thread(
        self, found: RolloutFile, told: dict[ThreadId, Facts], own: Row | None, codex_row: CodexRow | None
    ) -> InspectedThread | None:
        physical = self.layout.absolute(found.file)
        known = facts.fold(read_bytes(physical), found.thread_id)
        self._look_at_records(found, known)
        thread = described(found, known, physical, self.names, codex_row)
        if own is not None and own.adopted:
            thread = placed(own, found, own.thread.updated_at).thread
        if thread is None:
            return None
        told[found.thread_id] = known
        shown = evolve(thread, rollout_path=str(self.layout.absolute(found.path)))
        return InspectedThread(shown, found.archived, known.items, physical.stat().st_size)

    def _look_at_records(self, found: RolloutFile, known: Facts) -> None:
        damaged = known.skipped.damaged
        for line in damaged[:_LINES_NAMED]:
            self._note(found.file, "not a record {timestamp, type, payload}", line)
        if len(damaged) > _LINES_NAMED:
            self._note(found.file, "more lines that are not records", count=len(damaged) - _LINES_NAMED)
        for kind, count in sorted(known.skipped.unknown.items()):
            self._note(found.file, f"records of the unknown kind {kind}", count=count)
        meta = facts.session_meta(known)
        if meta is None:
            empty = not (known.items or damaged or known.skipped.unknown)
            self._note(found.file, "empty" if empty else f"no session_meta record of thread {found.thread_id}")
        elif meta.history_mode not in ("legacy", "paginated"):
            self._note(found.file, f"unknown history_mode {meta.history_mode!r}")

    def _find_rollouts(self) -> None:
        def unreadable(error: ThreadStoreError) -> None:
            self._note(".", getattr(error, "message", str(error)))

        for path in self.layout.paths(unreadable):
            found = rollout_of(path)
            if found is None:
                self._note(path, "not named like a rollout")
                continue
            known = self.rollouts.setdefault(found.thread_id, found)
            if known is not found:
                counts, passed = sorted((known, found), key=lambda file: file.precedence, reverse=True)
                self.rollouts[found.thread_id] = counts
                self._note(passed.file, f"thread {found.thread_id} has another file, which counts: {counts.file}")

    def _codex_rows(self) -> Mapping[ThreadId, CodexRow]:
        state = CodexState(self.layout.home / CODEX_DATABASE)
        rows = state.rows()
        if state.problem:
            self._note(CODEX_DATABASE, state.problem)
        return rows

    def _own_rows(self) -> Mapping[ThreadId, Row]:
        database = self.layout.home / OWN_DATABASE
        if not database.is_file():
            return {}
        try:
            with readable(database) as (file, query):
                return {row.thread.thread_id: row for row in read_rows(file, query)}
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            self._note(OWN_DATABASE, f"cannot be read ({error}), so it counts as absent")
            return {}

    def _note(self, file: str, what: str, line: int | None = None, count: int = 1) -> None:
        self.problems.append(Problem(file, what, line, count))

    @contextmanager
    def _problem(self, file: str) -> Iterator[None]:
        try:
            yield
        except (ThreadStoreError, OSError) as error:
            self._note(file, getattr(error, "message", str(error)))
