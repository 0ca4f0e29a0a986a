"""``threadstore bench NAME…``: what each operation costs, beside the bare work it cannot do without."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..bench.figures import Figure
from ..bench.run import MEANING, MEASURED, RATIOS, BenchError, Benches, run
from ..bench.work import FULL, SMALL, Scale
from ..discovery import TargetError


@click.command("bench")
@click.argument("targets", metavar="NAME...", nargs=-1, required=True)
@click.option("--small", is_flag=True, help="A short round, for continuous integration.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(".threadstore") / "bench",
    show_default=True,
    help=f"Where {MEASURED} and {RATIOS} go.",
)
@click.option("--json", "as_json", is_flag=True, help=f"Print what {RATIOS} holds in place of tables.")
def bench_command(targets: tuple[str, ...], small: bool, out: Path, as_json: bool) -> None:
    """Measure the stores of NAME... (names, or module:attribute), the model and the suite itself.

    No time fails anything: exit status 0, or 3 when something could not be measured.
    """
    try:
        benches = _watched(targets, out, SMALL if small else FULL)
    except (TargetError, BenchError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot write to {out}: {error.strerror or error}") from error
    if as_json:
        click.echo(json.dumps(benches.to_json(), indent=2))
    else:
        _show(benches)


def _watched(targets: tuple[str, ...], out: Path, scale: Scale) -> Benches:
    columns = (TextColumn("{task.description:<58}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing", total=None)

        def progress(total: int, name: str) -> None:
            if total:
                bar.update(task, total=total)
            else:
                bar.update(task, advance=1, description=name.replace("-", " ")[:58])

        return run(targets, out, scale=scale, progress=progress)


def _show(benches: Benches) -> None:
    console = Console()
    for backend, group in groupby(benches.figures, lambda figure: figure.backend):
        figures = list(group)
        console.print(_table("the model" if backend == "model" else f"the {backend} store", figures))
        console.print("\nbare work", style="dim")
        for operation, beside in {figure.operation: figure.beside for figure in figures}.items():
            console.print(f"  {operation}: {beside}", style="dim", highlight=False)
        console.print()
    console.print(MEANING, highlight=False)
    console.print(f"{MEASURED} and {RATIOS} are in {benches.out}", highlight=False, soft_wrap=True)


def _table(title: str, figures: Iterable[Figure]) -> Table:
    table = Table(box=None, pad_edge=False, title=title, title_justify="left", title_style="bold")
    for heading in ("operation", "size"):
        table.add_column(heading, overflow="fold")
    for heading in ("time µs", "bare µs", "ratio", "growth"):
        table.add_column(heading, justify="right", overflow="fold")
    shown = ""
    for figure in figures:
        table.add_row(
            figure.operation if figure.operation != shown else "",
            figure.size_words,
            _microseconds(figure.seconds),
            _microseconds(figure.bare_seconds),
            _significant(figure.ratio),
            _growth(figure),
        )
        shown = figure.operation
    return table


def _microseconds(seconds: float) -> str:
    return f"{seconds * 1e6:,.1f}" if seconds < 1e-3 else f"{seconds * 1e6:,.0f}"


def _significant(value: float) -> str:
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def _growth(figure: Figure) -> str:
    if figure.growth is None:
        return ""
    return f"×{_significant(figure.growth)}{' each' if figure.per_size else ''}"
