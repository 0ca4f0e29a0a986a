"""``threadstore mutants``: what the suite rejects, as a matrix of mutants by clauses."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..discovery import TargetError
from ..mutants import Found, KillMatrix, MutantRun, as_html, find_mutants
from ..mutants.running import LIMIT
from ..mutants.trial import Trial
from ..ports import PORTS

#: What is said of mutants that exhaustive programs do not kill.
_TAKES = {
    "generated_programs": "more need random data",
    "directed_checks": "more need a check of their own",
    "nothing": "survive",
    "unfinished": "were not tried to the end",
}
#: The files that a run leaves.
MATRIX_JSON, MATRIX_HTML = "kill_matrix.json", "kill_matrix.html"


@click.command("mutants")
@click.option(
    "--backend", "backends", multiple=True, metavar="NAME", help="Run those of this backend; may be repeated."
)
@click.option("--port", "ports", multiple=True, type=click.Choice(list(PORTS)), help="Run those of this port.")
@click.option("--mutant", "names", multiple=True, metavar="NAME", help="Run this one; may be repeated.")
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="all cores", help="How many at once."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".threadstore") / "mutants",
    show_default=True,
    help=f"Where {MATRIX_JSON} and {MATRIX_HTML} go.",
)
@click.option("--no-programs", is_flag=True, help="Run directed checks alone.")
@click.option("--allow-shared", is_flag=True, help="Let a MUST clause kill no mutant on its own.")
@click.option(
    "--timeout",
    type=click.IntRange(1),
    default=int(LIMIT),
    show_default=True,
    help="Give up on a mutant when a check, or the programs of one kind, take more seconds; fail when its first kill"
    " does.",
)
def mutants_command(
    backends: tuple[str, ...],
    ports: tuple[str, ...],
    names: tuple[str, ...],
    jobs: int,
    out: Path,
    no_programs: bool,
    allow_shared: bool,
    timeout: int,
) -> None:
    """Try the suite on every registered mutant, and say which clauses reject which.

    Exit status: 0 every mutant is killed in time, 1 one is not or a MUST clause kills none on its own, 3 an error of
    the harness or of the call.
    """
    began = time.monotonic()
    try:
        mutants = find_mutants(ports, backends, names)
        run = MutantRun(jobs=jobs, limit=timeout, programs=not no_programs)
        trials = _watched(run, mutants)
        seconds = round(time.monotonic() - began, 1)
        facts = {"narrowed": bool(backends or names), "jobs": jobs, "seconds": seconds, "limit": timeout}
        matrix = KillMatrix.of(mutants, trials, **facts)
        _save(matrix, out)
    except TargetError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot write to {out}: {error.strerror or error}") from error
    _show(matrix, out)
    sys.exit(matrix.exit_status(allow_shared=allow_shared))


def _watched(run: MutantRun, mutants: tuple[Found, ...]) -> list[Trial]:
    columns = (
        TextColumn("{task.description:<48}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=len(mutants))

        def progress(found: Found, trial: Trial) -> None:
            bar.update(task, advance=1, description=found.mutant.name[:48])

        return run.run(mutants, progress)


def _save(matrix: KillMatrix, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(matrix.to_json(), indent=1, ensure_ascii=False)
    (out / MATRIX_JSON).write_text(text + "\n", encoding="utf-8")
    (out / MATRIX_HTML).write_text(as_html(matrix), encoding="utf-8")


def _show(matrix: KillMatrix, out: Path) -> None:
    console = Console(highlight=False, soft_wrap=True, markup=False)
    counts = matrix.counts
    console.print(
        f"{counts['killed']} of {counts['mutants']} mutants killed: "
        f"{counts['killed_by_directed_checks']} by directed checks "
        f"({counts['killed_by_one_clause_alone']} by one clause alone), "
        f"{counts['killed_by_generated_programs']} by generated programs, "
        f"{counts['killed_by_exhaustive_programs']} by exhaustive programs, in {matrix.seconds:.0f} s"
    )
    if matrix.slowest:
        console.print(f"the slowest first kill, of {matrix.slowest.name}, took {matrix.slowest.trial.first_kill} s")
    _show_least(matrix, console)
    for row in matrix.late:
        console.print(f"{row.name} is killed only after {row.trial.first_kill} s", style="red")
    for row in matrix.survivors:
        what = f"hangs in {row.trial.hung}" if row.fate == "hung" else "survives"
        console.print(f"{row.name} {what} ({', '.join(row.clauses)}): {row.story}", style="red")
    for error in matrix.errors:
        console.print(f"error: {error}", style="magenta")
    for clause in matrix.shared:
        console.print(f"{clause.id} kills no mutant on its own: {clause.title}", style="yellow")
    if matrix.narrowed:
        console.print("the run was narrowed to some mutants: it does not judge the suite")
    console.print(f"{MATRIX_JSON} and {MATRIX_HTML} are in {out}", style="dim")


def _show_least(matrix: KillMatrix, console: Console) -> None:
    """Say what exhaustive programs kill, and what the others take."""
    counts = {kind: len(rows) for kind, rows in matrix.falls_to.items()}
    exhausted, tried = counts.pop("exhaustive_programs"), sum(counts.values())
    if not exhausted and not tried:
        return
    more = "".join(f"; {count} {_TAKES[kind]}" for kind, count in counts.items() if count)
    console.print(f"exhaustive programs kill {exhausted} of the {exhausted + tried} that they are tried on{more}")
