"""Asking a store or a manager, and telling an answer from what is none.

Whatever it does instead of answering, a stray exception, an exit, a result of the wrong shape, is its own fault and
not the harness's.
"""

from __future__ import annotations

from collections.abc import Callable
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
from threadstore.manager import MANAGER_RESULTS, ManagerPort, manage
from threadstore.manager_params import ManagerOperation
from threadstore.store import RESULTS

from .attribution import ANSWERS
from .compare import Answer, Raised, Returned
from .session_attribution import ANSWERS as MANAGER_ANSWERS

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
    kind = type(operation)
    return _answer(lambda: perform(store, operation), RESULTS[kind], ANSWERS[kind], "READ-3")


def manager_answer_of(manager: ManagerPort, operation: ManagerOperation) -> Answer:
    """Run an operation on a manager; raise `Stray` when what comes is no answer."""
    clause = MANAGER_ANSWERS[type(operation)]
    return _answer(lambda: manage(manager, operation), MANAGER_RESULTS[type(operation)], clause, clause)


def _answer(ask: Callable[[], Any], wanted: type, clause: str, clause_of_errors: str) -> Answer:
    try:
        result = ask()
    except ThreadStoreError as error:
        if isinstance(getattr(error, "kind", None), ErrorKind):
            return Raised(error)
        raise Stray(clause_of_errors, "error", "one of the six ThreadStore errors", error) from error
    except (Exception, SystemExit) as error:
        raise Stray(clause_of_errors, "error", "a result, or one of the six ThreadStore errors", error) from error
    if not isinstance(result, wanted):
        raise Stray(clause, "", "no value" if wanted is type(None) else f"a {wanted.__name__}", result)
    if wanted in _ROWS:
        rows: Any = result
        if not isinstance(rows.items, list | tuple) or not all(isinstance(row, _ROWS[wanted]) for row in rows.items):
            raise Stray(clause, "items", f"a list of {_ROWS[wanted].__name__}", rows.items)
    return Returned(result)
