"""Which failures their programs alone show again, and where those programs are kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from .discovery import Registered
from .expected import Expectation
from .program import Trace, TraceError
from .results import Failure
from .running import replays


def shown_again(
    failures: Iterable[Failure], backend: Registered, known: tuple[Expectation, ...] = ()
) -> dict[str, Failure]:
    """Return by clause the failure with the smallest program that, run by itself, shows the clause broken again.

    What is ``known`` does not show those broken that no finding tells of.
    """
    shown: dict[str, Failure] = {}
    for failure in sorted(failures, key=lambda failure: len(failure.operations)):
        if failure.clause not in shown and replays(failure, backend, known):
            shown[failure.clause] = failure
    return shown


def save_traces(failures: Mapping[str, Failure], backend: Registered, out: Path) -> dict[str, Path]:
    """Save the programs of failures, each of one clause; return where, by clause."""
    traces: dict[str, Path] = {}
    for clause_id, failure in failures.items():
        path = out / f"{clause_id}.trace.json"
        # A program that hands a store what is not even JSON is shown, and cannot be saved.
        with contextlib.suppress(TraceError):
            Trace(
                failure.operations,
                backend.capabilities,
                backend.name,
                clause_id,
                port=failure.port,
                session=backend.session,
            ).save(path)
            traces[clause_id] = path
    return traces
