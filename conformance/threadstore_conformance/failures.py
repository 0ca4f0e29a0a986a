"""Telling a broken store from a broken harness, and making a failure of the former."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threadstore import ThreadStoreError

from .lockstep import Difference, shown
from .ports import PortName, Step
from .program import as_python
from .results import Failure

if TYPE_CHECKING:
    from .lab import Lab
    from .session_lab import SessionLab


def failure_of(
    error: BaseException, clauses: tuple[str, ...], lab: Lab | SessionLab | None, target: str
) -> Failure | None:
    """Return how a store broke a clause, or nothing when the error is the harness's own.

    ``target`` is what the program calls the backend, as ``threadstore certify`` does.
    """
    untold = lab.untold if lab else ""
    if isinstance(error, Difference):
        # A stray exception in a directed check is a failure of what was checked; in a generated run of READ-3.
        return Failure(
            clause=clauses[0] if clauses else error.clause,
            message=str(error),
            operations=() if untold else error.operations,
            python=as_python(error.operations, target, error.refused, error.port, untold=untold),
            path=error.path,
            expected=shown(error.expected, 2_000),
            actual=shown(error.actual, 2_000),
            port=error.port,
        )
    if not isinstance(error, AssertionError | ThreadStoreError) or not clauses:
        return None
    refused_here = f"refused: {error!r}" if isinstance(error, ThreadStoreError) else str(error)
    port: PortName = lab.subject.port if lab else "store"
    operations: tuple[Step, ...] = tuple(lab.subject.operations) if lab else ()
    python = as_python(operations, target, lab.subject.refused if lab else (), port, untold=untold)
    # What is untold is what operations alone do not show again.
    told = () if untold else operations
    return Failure(clause=clauses[0], message=refused_here, operations=told, python=python, port=port)
