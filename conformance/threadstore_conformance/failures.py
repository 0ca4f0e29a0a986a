"""Telling a broken store from a broken harness, and making a failure of the former."""

from __future__ import annotations

from typing import TYPE_CHECKING

from threadstore import ThreadStoreError
from threadstore.session import ProcessSettings

from .brief import Row
from .counterexample import answers_again, rows_of_answers, rows_of_difference
from .discovery import Registered
from .lockstep import Difference, shown
from .ports import PortName, Step
from .program import as_python
from .results import Failure
from .shrink import Smallest

if TYPE_CHECKING:
    from .lab import Lab
    from .session_lab import SessionLab


def failure_of(
    error: BaseException,
    clauses: tuple[str, ...],
    lab: Lab | SessionLab | None,
    target: str,
    backend: Registered | None = None,
    settings: ProcessSettings | None = None,
) -> Failure | None:
    """Return how a store broke a clause, or nothing when the error is the harness's own.

    ``target`` is what the program calls the backend, as ``threadstore certify`` does; on ``backend`` itself the
    program of a difference is run once more, for what is answered on the way to it. ``settings`` are those of the
    process that it ran in.
    """
    if isinstance(error, Difference):
        return _of_difference(error, clauses, lab, target, backend, settings)
    if not isinstance(error, AssertionError | ThreadStoreError) or not clauses:
        return None
    refused_here = f"refused: {error!r}" if isinstance(error, ThreadStoreError) else str(error)
    untold = lab.untold if lab else ""
    port: PortName = lab.subject.port if lab else "store"
    operations: tuple[Step, ...] = tuple(lab.subject.operations) if lab else ()
    return Failure(
        clause=clauses[0],
        message=refused_here,
        # What is untold is what operations alone do not show again.
        operations=() if untold else operations,
        python=as_python(operations, target, lab.subject.refused if lab else (), port, untold=untold),
        port=port,
        target=target,
        rows=rows_of_answers(operations, lab.subject.answers if lab else {}, port),
    )


def _of_difference(
    difference: Difference,
    clauses: tuple[str, ...],
    lab: Lab | SessionLab | None,
    target: str,
    backend: Registered | None,
    settings: ProcessSettings | None,
) -> Failure:
    untold = lab.untold if lab else ""
    operations, refused, port = difference.operations, difference.refused, difference.port
    return Failure(
        # A stray exception in a directed check is a failure of what was checked; in a generated run of READ-3.
        clause=clauses[0] if clauses else difference.clause,
        message=str(difference),
        operations=() if untold else operations,
        python=as_python(operations, target, refused, port, settings=settings, untold=untold),
        path=difference.path,
        expected=shown(difference.expected, 2_000),
        actual=shown(difference.actual, 2_000),
        port=port,
        target=target,
        rows=_rows(difference, lab, backend, settings),
        runs=difference.runs if isinstance(difference, Smallest) else 0,
        minimal=isinstance(difference, Smallest) and difference.minimal,
    )


def _rows(
    difference: Difference,
    lab: Lab | SessionLab | None,
    backend: Registered | None,
    settings: ProcessSettings | None,
) -> tuple[Row, ...]:
    if lab:
        return rows_of_difference(difference, lab.subject.answers, judged=False)
    return rows_of_difference(difference, answers_again(difference, backend, settings)) if backend else ()
