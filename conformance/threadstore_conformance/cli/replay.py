"""``threadstore replay TRACE TARGET``: run a saved program again."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from ..discovery import Registered, TargetError, find_backend
from ..expected import Expected, load_expected
from ..failures import failure_of
from ..lockstep import Difference
from ..program import Trace, TraceError
from ..report import show, words_of
from ..running import run_program
from ..shortest import shortest_known
from ..spec_text import load_clauses
from .codex_bin import codex_bin_option
from .worker import WORKER, end_with, run_apart


@click.command("replay")
@click.argument("trace_path", metavar="TRACE", type=click.Path(path_type=Path))
@click.argument("target")
@click.option(
    "--timeout", type=click.IntRange(1), default=300, show_default=True, help="Give up after so many seconds."
)
@click.option(
    "--expected",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A list of failures that are known, which the program goes on past.",
)
@codex_bin_option
@click.option(WORKER, type=click.Path(path_type=Path), hidden=True)
def replay_command(trace_path: Path, target: str, timeout: int, expected: Path | None, worker: Path | None) -> None:
    """Run the program in TRACE on TARGET in lockstep with its model: exit 0 when it conforms, 1 when it does not.

    TRACE is a file, or a clause: then it is the shortest program that is known to break it.
    """
    if not worker:
        options = ["--expected", str(expected)] if expected else []
        sys.exit(run_apart(["replay", str(trace_path), target, *options], timeout))
    try:
        known_failures = Expected(load_expected(expected) if expected else ())
        conforms = _replayed(trace_path, target, known_failures, Console())
    except (TraceError, TargetError) as error:
        raise click.ClickException(str(error)) from error
    end_with(0 if conforms else 1, worker)


def _replayed(trace_path: Path, target: str, expected: Expected, console: Console) -> bool:
    """Run the program, and say what came of it."""
    trace = _trace(trace_path, target, console)
    backend = find_backend(target)
    if trace.capabilities != backend.capabilities or _other_session(trace, backend):
        console.print(
            f"note: {backend.name} declares other capabilities than {trace.backend}, so other answers conform"
        )
    try:
        run_program(backend, trace.operations, trace.port, trace.settings, expected)
    except Difference as difference:
        failure = failure_of(difference, (), None, target, backend, trace.settings)
        assert failure is not None
        show(failure, console)
        return False
    count = len(trace.operations)
    console.print(f"{backend.name} conforms: {count} operations of {trace_path}, and everything observable after them")
    return True


def _trace(path: Path, target: str, console: Console) -> Trace:
    clause_id = str(path)
    if path.exists() or clause_id not in load_clauses():
        return Trace.load(path)
    known = shortest_known(clause_id)
    if known is None:
        raise TraceError(
            f"no program is known that breaks {clause_id};"
            f" `threadstore certify {target} --clause {clause_id}` runs its checks"
        )
    console.print(words_of(known, clause_id), soft_wrap=True, highlight=False)
    return known


def _other_session(trace: Trace, backend: Registered) -> bool:
    return trace.port == "manager" and trace.session != backend.session
