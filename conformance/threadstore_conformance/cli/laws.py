"""``threadstore laws TARGET``: a store compared with itself, law by law."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console

from threadstore import Backend

from ..discovery import TargetError, find_store
from ..laws import LAWS, Law, Violation, hold
from ..laws.running import DEFAULT_EXAMPLES
from .worker import WORKER, end_with, run_apart

_STYLE = {"held": "green", "skipped": "dim", "broken": "red", "inconclusive": "yellow"}


@click.command("laws")
@click.argument("target")
@click.option(
    "--law",
    "names",
    multiple=True,
    type=click.Choice([law.name for law in LAWS]),
    help="Try this law; may be repeated.",
)
@click.option(
    "--examples",
    type=click.IntRange(1),
    default=DEFAULT_EXAMPLES,
    show_default=True,
    help="How many programs to try each law on.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The seed of generated programs.")
@click.option(
    "--timeout", type=click.IntRange(1), default=900, show_default=True, help="Give up after so many seconds."
)
@click.option(WORKER, type=click.Path(path_type=Path), hidden=True)
def laws_command(
    target: str, names: tuple[str, ...], examples: int, seed: int, timeout: int, worker: Path | None
) -> None:
    """Compare the store of TARGET (NAME or module:attribute) with itself, by laws that need no model.

    Exit status: 0 every law held, 1 one is broken, 2 inconclusive, 3 an error of the harness or of the call.
    """
    if not worker:
        options = [option for name in names for option in ("--law", name)]
        options += ["--examples", str(examples), "--seed", str(seed)]
        sys.exit(run_apart(["laws", target, *options], timeout))
    console = Console()
    verdicts: set[str] = set()
    try:
        backend = find_store(target)
        for law in LAWS:
            if not names or law.name in names:
                verdict, words = _judged(law, backend, examples, seed)
                verdicts.add(verdict)
                told = f"[{_STYLE[verdict]}]{verdict:<12}[/] {law.name:<14} {law.says}"
                console.print(told, highlight=False, soft_wrap=True)
                console.print(f"{'':<13}{words}", style="dim", markup=False, highlight=False, soft_wrap=True)
    except TargetError as error:
        raise click.ClickException(str(error)) from error
    except Exception as error:
        # What a store does wrong is a violation; whatever else comes is the harness's own.
        raise click.ClickException(f"the harness failed: {type(error).__name__}: {error}") from error
    end_with(_status(verdicts), worker)


def _status(verdicts: set[str]) -> int:
    if "broken" in verdicts:
        return 1
    return 0 if "held" in verdicts and "inconclusive" not in verdicts else 2


def _judged(law: Law, backend: Backend, examples: int, seed: int) -> tuple[str, str]:
    """Return a law's verdict on a store, and what is behind it."""
    reason = law.skipped(backend)
    if reason:
        return "skipped", reason
    try:
        held = hold(law, backend, examples, seed)
    except Violation as violation:
        return "broken", f"{violation}\n"
    if not held.claims:
        return "inconclusive", f"{held.programs} programs, and none that the law speaks of"
    return "held", f"{', '.join(law.clauses)}: {held.claims} comparisons in {held.programs} programs"
