"""The store under test as directed checks see it: every call recorded, every stray exception a failure."""

from __future__ import annotations

from typing import Any, cast

import attrs

from threadstore import (
    Operation,
    RolloutItem,
    StoredThread,
    StoredThreadHistory,
    StoredThreadSearchResult,
    ThreadMetadataPatch,
    ThreadPage,
    ThreadSearchPage,
    ThreadStore,
    ThreadStoreError,
)
from threadstore.params import DefaultHistoryModeParams
from threadstore.store import METHODS, RESULTS

from .attribution import ANSWERS
from .lockstep import Difference
from .program import CURSOR_PREFIX, PATH_PREFIX
from .values import copied

#: What the items of a result are.
_ROWS: dict[type, type] = {
    StoredThreadHistory: RolloutItem,
    ThreadPage: StoredThread,
    ThreadSearchPage: StoredThreadSearchResult,
}


class Subject:
    """Passes the nineteen methods on to a store, and keeps the program that they make."""

    def __init__(self, store: ThreadStore) -> None:
        self._store = store
        self._cursors: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self._pages = 0
        #: The operations so far, cursors and paths by name.
        self.operations: list[Operation] = []
        #: Which of them were refused.
        self.refused: set[int] = set()

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
            result = getattr(self._store, name)(*params)
        except ThreadStoreError:
            self.refused.add(len(self.operations) - 1)
            raise
        except Exception as error:
            expected = "a result, or one of the six ThreadStore errors"
            raise self._difference("READ-3", "error", expected, error) from error
        wanted = RESULTS[type(operation)]
        if not isinstance(result, wanted):
            raise self._difference(ANSWERS[type(operation)], "", f"a {wanted.__name__}", result)
        if not all(isinstance(row, _ROWS[wanted]) for row in getattr(result, "items", ()) if wanted in _ROWS):
            raise self._difference(ANSWERS[type(operation)], "items", f"{_ROWS[wanted].__name__}s", result)
        self._note(result)
        return result

    def _difference(self, clause: str, path: str, expected: str, actual: Any) -> Difference:
        return Difference(clause, tuple(self.operations), frozenset(self.refused), path, expected, actual)

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
