"""Cursors and paths: the values of a program that exist only while a store runs.

A program says ``@cursor:3`` for what its fourth page gave as next cursor, and ``@path:<thread id>`` for a thread's
rollout path. Here they are put in: the model gets the position that a cursor stands for, the store its own text.
"""

from __future__ import annotations

from typing import Any

import attrs
from attrs import define, field

from threadstore import Operation, StoredThread, ThreadId, ThreadMetadataPatch
from threadstore import params as p
from threadstore.model_listing import sort_place
from threadstore.outcomes import Position, Rows
from threadstore.state import State

from .ports import LISTINGS as LISTINGS
from .program import CURSOR_PREFIX, PATH_PREFIX

READS = (
    *LISTINGS, p.ReadThreadParams, p.ReadThreadByRolloutPathParams, p.LoadThreadHistoryParams, p.ListTurnsParams,
    p.ListItemsParams, p.DefaultHistoryModeParams,
)  # fmt: skip


@define
class References:
    """The cursors that a run was given so far."""

    _cursors: list[tuple[Position, str] | None] = field(factory=list)

    def issued(self, rows: Rows, page: Any) -> None:
        """Number the cursor of a page, or its absence."""
        last: Any = page.items[-1] if page.items and page.next_cursor is not None else None
        if last is None:
            self._cursors.append(None)
            return
        thread: StoredThread = last if isinstance(last, StoredThread) else last.thread
        position = Position(rows.query, sort_place(thread, rows.query.sort_key), rows.since)
        self._cursors.append((position, page.next_cursor))

    @property
    def leading_on(self) -> list[int]:
        """The numbers of the cursors that lead to another page."""
        return [number for number, cursor in enumerate(self._cursors) if cursor]

    @property
    def last(self) -> int | None:
        """The number of the last page's cursor, or nothing when it was the end."""
        return len(self._cursors) - 1 if self._cursors and self._cursors[-1] else None

    def query(self, number: int) -> Any:
        """Return the query that a cursor belongs to."""
        known = self._cursors[number]
        assert known is not None
        return known[0].query

    def path_of(self, operation: Operation) -> ThreadId:
        """Return the thread whose path an operation speaks of, or nothing."""
        patch = getattr(operation, "patch", None)
        path = getattr(operation if patch is None else patch, "rollout_path", None)
        return path.removeprefix(PATH_PREFIX) if isinstance(path, str) and path.startswith(PATH_PREFIX) else ""

    def resolved(self, operation: Any, state: State) -> tuple[Any, Any]:
        """Return an operation as the model takes it, and as the store does."""
        cursor = getattr(operation, "cursor", None)
        if isinstance(cursor, str) and cursor.startswith(CURSOR_PREFIX):
            known = self._known(cursor.removeprefix(CURSOR_PREFIX))
            if known is not None:
                return attrs.evolve(operation, cursor=known[0]), attrs.evolve(operation, cursor=known[1])
        thread = state.threads.get(self.path_of(operation))
        if thread is not None and isinstance(thread.record.rollout_path, str):
            operation = _with_path(operation, thread.record.rollout_path)
        return operation, operation

    def _known(self, number: str) -> tuple[Position, str] | None:
        known = number.isdecimal() and int(number) < len(self._cursors)
        return self._cursors[int(number)] if known else None


def _with_path(operation: Any, path: str) -> Any:
    patch = getattr(operation, "patch", None)
    if isinstance(patch, ThreadMetadataPatch):
        return attrs.evolve(operation, patch=attrs.evolve(patch, rollout_path=path))
    return attrs.evolve(operation, rollout_path=path)
