"""Asking a store, and telling an answer from what is none.

Whatever a store does instead of answering, a stray exception, an exit, a result of the wrong shape, is the store's
fault and not the harness's.
"""

from __future__ import annotations

from typing import Any

from attrs import frozen

from threadstore import (
    ErrorKind,
    Operation,
    RolloutItem,
    StoredThread,
    StoredThreadHistory,
    StoredThreadSearchResult,
    ThreadPage,
    ThreadSearchPage,
    ThreadStore,
    ThreadStoreError,
    perform,
)
from threadstore.store import RESULTS

from .attribution import ANSWERS
from .compare import Answer, Raised, Returned

#: What the items of a result are.
_ROWS: dict[type, type] = {
    StoredThreadHistory: RolloutItem,
    ThreadPage: StoredThread,
    ThreadSearchPage: StoredThreadSearchResult,
}


@frozen
class Stray(Exception):
    """What a store did instead of answering."""

    clause: str
    path: str
    expected: str
    actual: Any


def answer_of(store: ThreadStore, operation: Operation) -> Answer:
    """Run an operation on a store; raise `Stray` when what comes is no answer."""
    try:
        result = perform(store, operation)
    except ThreadStoreError as error:
        if isinstance(getattr(error, "kind", None), ErrorKind):
            return Raised(error)
        raise Stray("READ-3", "error", "one of the six ThreadStore errors", error) from error
    except (Exception, SystemExit) as error:
        raise Stray("READ-3", "error", "a result, or one of the six ThreadStore errors", error) from error
    wanted = RESULTS[type(operation)]
    clause = ANSWERS[type(operation)]
    if not isinstance(result, wanted):
        raise Stray(clause, "", "no value" if wanted is type(None) else f"a {wanted.__name__}", result)
    if wanted in _ROWS:
        rows: Any = result
        if not isinstance(rows.items, list | tuple) or not all(isinstance(row, _ROWS[wanted]) for row in rows.items):
            raise Stray(clause, "items", f"a list of {_ROWS[wanted].__name__}", rows.items)
    return Returned(result)
