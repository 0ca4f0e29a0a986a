"""The store under test as directed checks see it: every call recorded, every stray exception a failure."""

from __future__ import annotations

from typing import Any, cast

import attrs

from threadstore import (
    Operation,
    StoredThread,
    ThreadMetadataPatch,
    ThreadPage,
    ThreadSearchPage,
    ThreadStore,
)
from threadstore.params import DefaultHistoryModeParams
from threadstore.store import METHODS

from .answers import Stray, answer_of
from .compare import Raised
from .lockstep import Difference
from .program import CURSOR_PREFIX, PATH_PREFIX
from .values import copied


class Subject:
    """Passes the nineteen methods on to a store, and keeps the program that they make."""

    def __init__(self, store: ThreadStore, before: Subject | None = None) -> None:
        self._store = store
        self._cursors: dict[str, str] = dict(before._cursors) if before else {}
        self._paths: dict[str, str] = dict(before._paths) if before else {}
        self._pages: int = before._pages if before else 0
        #: The operations so far, on the same home opened before too; cursors and paths by name.
        self.operations: list[Operation] = list(before.operations) if before else []
        #: Which of them were refused.
        self.refused: set[int] = set(before.refused) if before else set()

    def as_store(self) -> ThreadStore:
        """Return this as the protocol that it implements by passing on."""
        return cast(ThreadStore, self)

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS.values():
            raise AttributeError(name)
        return lambda *params: self._call(name, *params)

    def _call(self, name: str, *params: Operation) -> Any:
        operation = params[0] if params else DefaultHistoryModeParams()
        self.operations.append(copied(self._named(operation)))
        try:
            answer = answer_of(self._store, operation)
        except Stray as stray:
            done = tuple(self.operations), frozenset(self.refused)
            raise Difference(stray.clause, *done, stray.path, stray.expected, stray.actual) from stray.__cause__
        if isinstance(answer, Raised):
            self.refused.add(len(self.operations) - 1)
            raise answer.error
        self._note(answer.value)
        return answer.value

    def _note(self, result: Any) -> None:
        if isinstance(result, ThreadPage | ThreadSearchPage):
            if isinstance(result.next_cursor, str):
                self._cursors[result.next_cursor] = f"{CURSOR_PREFIX}{self._pages}"
            self._pages += 1
        if isinstance(result, StoredThread) and isinstance(result.rollout_path, str):
            self._paths[result.rollout_path] = f"{PATH_PREFIX}{result.thread_id}"

    def _named(self, operation: Any) -> Any:
        """Put names for what exists only in this run: its cursors and its paths."""
        cursor = getattr(operation, "cursor", None)
        if isinstance(cursor, str) and cursor in self._cursors:
            return attrs.evolve(operation, cursor=self._cursors[cursor])
        patch = getattr(operation, "patch", None)
        patched = getattr(patch, "rollout_path", None)
        if isinstance(patch, ThreadMetadataPatch) and isinstance(patched, str) and patched in self._paths:
            named = attrs.evolve(patch, rollout_path=self._paths[patched])
            return attrs.evolve(operation, patch=named)
        path = getattr(operation, "rollout_path", None)
        if isinstance(path, str) and path in self._paths:
            return attrs.evolve(operation, rollout_path=self._paths[path])
        return operation
