"""What Codex leaves in its home, read and never changed: rollouts, the name index, the rows of its databases.

A rollout is named by its thread's id; one that replaced another, after a revert, has an id of its own after it:
``rollout-<time>-<thread id>[_<rollout id>].jsonl``. A rollout of a paginated thread may continue another one, its base,
from an ordinal on; bases are named by the last id in their file's name.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from threadstore.ids import ThreadId
from threadstore.jsonvalue import JSON

from ..local.layout import ARCHIVED, CODEX_DATABASE, NAME_INDEX, SESSIONS
from ..local.names import NameIndex
from ..local.readonly import opened
from ..local.rollout import Record, Skipped, read_bytes, records
from .errors import CodexUnreadable

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NAME = re.compile(rf"rollout-(?P<time>[0-9T-]{{19}})-(?P<thread>{_UUID})(_(?P<own>{_UUID}))?\.jsonl(\.zst)?")


@frozen
class Rollout:
    """A rollout file, as its name and place describe it."""

    path: Path
    thread_id: ThreadId
    #: What a rollout that continues it calls it: its own id, which is the thread's unless it replaced another.
    rollout_id: str
    archived: bool


@frozen
class Lines:
    """What can be read of a rollout."""

    records: tuple[Record, ...]
    #: The numbers of the lines that are no records.
    damaged: tuple[int, ...] = ()


@frozen
class ObservedHome:
    """A home that Codex wrote."""

    path: Path

    def rollouts(self, thread_id: ThreadId | None = None) -> list[Rollout]:
        """Return the rollout files of one thread or all, the ones that were made later last."""
        return sorted(
            (found for found in self._files() if thread_id in (None, found.thread_id)),
            key=lambda found: (found.rollout_id != found.thread_id, found.rollout_id, found.path.name),
        )

    def rollout(self, thread_id: ThreadId) -> Rollout | None:
        """Return the file that holds a thread now: of several, the one that replaced the others."""
        return next(iter(reversed(self.rollouts(thread_id))), None)

    def lines(self, thread_id: ThreadId) -> Lines:
        """Return what is in a thread's own file; nothing when it has none."""
        found = self.rollout(thread_id)
        return _lines(found) if found else Lines(())

    def history(self, thread_id: ThreadId) -> Lines:
        """Return what a thread's history is made of: its first line, then what it continues, then its other lines."""
        found = self.rollout(thread_id)
        return self._history(found, frozenset()) if found else Lines(())

    def first_meta(self, thread_id: ThreadId) -> Mapping[str, JSON]:
        """Return the payload of a thread's first line; nothing when it has none."""
        found = self.rollout(thread_id)
        first = next(records(read_bytes(found.path), Skipped()), None) if found else None
        return first.payload if first else {}

    def names(self) -> Mapping[ThreadId, str]:
        """Return the last entry of every thread in the name index that has a rollout."""
        index = NameIndex(self.path / NAME_INDEX)
        told = {found.thread_id: index.last(found.thread_id) for found in self.rollouts()}
        return {thread_id: name for thread_id, name in told.items() if name is not None}

    def threads(self) -> dict[ThreadId, dict[str, Any]]:
        """Return the rows of the state database by thread."""
        return {row["id"]: row for row in self.rows(CODEX_DATABASE, "threads")}

    def spawn_edges(self) -> dict[ThreadId, ThreadId]:
        """Return the parent of every spawned thread that the state database knows of."""
        rows = self.rows(CODEX_DATABASE, "thread_spawn_edges")
        return {row["child_thread_id"]: row["parent_thread_id"] for row in rows}

    def rows(self, database: str, table: str) -> list[dict[str, Any]]:
        """Return every row of a table; none where the database or the table is not there."""
        file = self.path / database
        if not file.is_file():
            return []
        with opened(file, timeout=5) as connection:
            connection.row_factory = sqlite3.Row
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                return []
            return [dict(row) for row in connection.execute(f'SELECT * FROM "{table}"')]  # noqa: S608 - a known name

    def _files(self) -> Iterator[Rollout]:
        for side in (SESSIONS, ARCHIVED):
            for folder, _, names in os.walk(self.path / side):
                for match in filter(None, map(_NAME.fullmatch, names)):
                    own, path = match["own"] or match["thread"], Path(folder, match.string)
                    yield Rollout(path, match["thread"], own, archived=side == ARCHIVED)

    def _history(self, rollout: Rollout, seen: frozenset[str]) -> Lines:
        own = _lines(rollout)
        base = own.records[0].payload.get("history_base") if own.records else None
        if base is None:
            through = tuple(self._forked_through(rollout, own.records[0], None)) if _is_bare_fork(own) else ()
            return Lines(own.records[:1] + through + own.records[1:], own.damaged)
        continued = self._named(rollout, base["thread_id"], seen)
        lines = self._history(continued, seen | {rollout.rollout_id})
        end = base["end_ordinal_exclusive"]
        followed = tuple(r for r in lines.records if r.ordinal is None or r.ordinal < end)
        through = tuple(self._forked_through(rollout, own.records[0], continued))
        return Lines(own.records[:1] + through + followed + own.records[1:], lines.damaged + own.damaged)

    def _named(self, rollout: Rollout, named: str, seen: frozenset[str]) -> Rollout:
        """Return the rollout that another one continues."""
        found = next((other for other in self._files() if other.rollout_id == named), None)
        if found is None:
            raise CodexUnreadable(f"{rollout.path.name} continues {named}, which is gone")
        if named in seen | {rollout.rollout_id}:
            to = "is itself" if named == rollout.rollout_id else "leads back to it"
            raise CodexUnreadable(f"{rollout.path.name} continues {named}, which {to}")
        return found

    def _forked_through(self, rollout: Rollout, first: Record, continued: Rollout | None) -> Iterator[Record]:
        """Yield the first lines of the threads that a fork was made through, and of which it continues nothing."""
        passed = {rollout.thread_id}
        if continued is not None:
            if continued.thread_id == rollout.thread_id:
                return
            passed.add(continued.thread_id)
        while (source := first.payload.get("forked_from_id")) is not None and source not in passed:
            found = self.rollout(source)
            line = next(records(read_bytes(found.path), Skipped()), None) if found else None
            if line is None:
                return
            # Its place is in a rollout that is not continued.
            yield evolve(line, ordinal=None)
            passed.add(source)
            first = line


def _lines(rollout: Rollout) -> Lines:
    skipped = Skipped()
    found = tuple(records(read_bytes(rollout.path), skipped))
    return Lines(found, tuple(skipped.damaged))


def _is_bare_fork(own: Lines) -> bool:
    """Tell whether a paginated thread is a user's fork of one in which nothing but its first line was."""
    facts = own.records[0].payload if own.records else {}
    return facts.get("history_mode") == "paginated" and "parent_thread_id" not in facts
