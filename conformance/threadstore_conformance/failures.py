"""Telling a broken store from a broken harness, and making a failure of the former."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threadstore import Operation, ThreadStoreError

from .lockstep import Difference, shown
from .program import as_python
from .results import Failure

if TYPE_CHECKING:
    from .lab import Lab


def failure_of(error: BaseException, clauses: tuple[str, ...], lab: Lab | None, target: str) -> Failure | None:
    """Return how a store broke a clause, or nothing when the error is the harness's own.

    ``target`` is what the program calls the backend, as ``threadstore certify`` does.
    """
    if isinstance(error, Difference):
        # A stray exception in a directed check is a failure of what was checked; in a generated run of READ-3.
        return Failure(
            clause=clauses[0] if clauses else error.clause,
            message=str(error),
            operations=error.operations,
            python=as_python(error.operations, target, error.refused),
            path=error.path,
            expected=shown(error.expected, 2_000),
            actual=shown(error.actual, 2_000),
        )
    if not isinstance(error, AssertionError | ThreadStoreError) or not clauses:
        return None
    refused_here = f"the store refused: {error!r}" if isinstance(error, ThreadStoreError) else str(error)
    operations: tuple[Operation, ...] = tuple(lab.subject.operations) if lab else ()
    refused = lab.subject.refused if lab else ()
    python = as_python(operations, target, refused)
    if lab and lab.reopened:
        # Operations alone do not show it again: the check closed the store and opened its home once more.
        python += "    # and in between the store was closed, and opened again on the same home\n"
        operations = ()
    return Failure(clause=clauses[0], message=refused_here, operations=operations, python=python)
