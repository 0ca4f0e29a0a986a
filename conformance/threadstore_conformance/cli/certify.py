"""``threadstore certify TARGET``: the verdict, while it is made and when it is."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from ..certificate import Certificate, ClauseReport
from ..certify import Certification, Request, certify, clear
from ..discovery import TargetError
from ..exhaustive.running import DEFAULT_DEPTH
from ..generation import DEFAULT_EXAMPLES, FOCUS
from ..profiles import load_profiles
from ..report import show
from ..results import Failure, Result
from ..spec_text import LEVELS
from .codex_bin import codex_bin_option
from .worker import WORKER, end_with, run_apart

#: What a run leaves.
_FILES = "certificate.json, junit.xml, traces and pages (CLAUSE.md)"
_STYLE = {
    "certified": "green", "passed": "green", "failed": "red", "inconclusive": "yellow", "untested": "yellow",
    "error": "magenta", "skipped": "dim", "not applicable": "dim",
}  # fmt: skip


@click.command("certify")
@click.argument("target")
@click.option("--level", "levels", multiple=True, type=click.Choice(LEVELS), help="Judge this level; may be repeated.")
@click.option("--clause", "clauses", multiple=True, metavar="ID", help="Judge this clause alone; may be repeated.")
@click.option(
    "--focus",
    type=click.Choice(sorted(set().union(*FOCUS.values()))),
    help="Run generated programs of these few rules alone.",
)
@click.option(
    "--examples",
    type=click.IntRange(1),
    default=DEFAULT_EXAMPLES,
    show_default=True,
    help="How many programs to generate.",
)
@click.option(
    "--exhaustive",
    type=click.IntRange(1),
    metavar="DEPTH",
    default=DEFAULT_DEPTH,
    show_default=True,
    help="Run every program of up to so many operations; from 3 on, also the tour over two threads in place of one.",
)
@click.option(
    "--profile",
    metavar="NAME",
    help=f"Judge by this profile ({', '.join(load_profiles())}), whatever TARGET declares.",
)
@click.option(
    "--expected",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A list of failures that are known: a run that fails in these ways, in all and no other, exits with 0.",
)
@codex_bin_option
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The seed of generated programs.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Where {_FILES} go.  [default: .threadstore/TARGET]",
)
@click.option("--quiet", is_flag=True, help="Print the verdict alone.")
@click.option(
    "--timeout", type=click.IntRange(1), default=1800, show_default=True, help="Give up after so many seconds."
)
@click.option(WORKER, type=click.Path(path_type=Path), hidden=True)
def certify_command(
    target: str,
    levels: tuple[str, ...],
    clauses: tuple[str, ...],
    focus: str | None,
    examples: int,
    exhaustive: int,
    profile: str | None,
    expected: Path | None,
    seed: int,
    out: Path | None,
    quiet: bool,
    timeout: int,
    worker: Path | None,
) -> None:
    """Judge the store or session layer of TARGET (NAME or module:attribute) by the specification.

    Exit status: 0 certified, 1 a MUST clause failed, 2 inconclusive, 3 an error of the harness or of the call.
    """
    if profile is not None:
        target = f"{target}@{profile}"
    out = out or Path(".threadstore") / target.replace(":", ".")
    request = Request(
        target=target,
        levels=levels,
        clauses=clauses,
        focus=focus,
        examples=examples,
        exhaustive=exhaustive,
        seed=seed,
        expected=expected,
        out=out,
    )
    if request.contradiction:
        raise click.ClickException(request.contradiction)
    try:
        clear(out)
        if not worker:
            sys.exit(run_apart(["certify", *_options(request, quiet=quiet)], timeout))
        console = Console()
        done = _watched(request, console, quiet)
    except TargetError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot write to {out}: {error.strerror or error}") from error
    _show(done, request, console, quiet)
    end_with(done.certificate.exit_status, worker)


def _options(request: Request, *, quiet: bool) -> list[str]:
    options = [request.target, "--examples", str(request.examples), "--seed", str(request.seed)]
    options += ["--exhaustive", str(request.exhaustive)]
    for level in request.levels:
        options += ["--level", level]
    for clause in request.clauses:
        options += ["--clause", clause]
    options += ["--focus", request.focus] if request.focus else []
    options += ["--expected", str(request.expected)] if request.expected else []
    options += ["--out", str(request.out)] if request.out else []
    return [*options, "--quiet"] if quiet else options


def _watched(request: Request, console: Console, quiet: bool) -> Certification:
    if quiet:
        return certify(request)
    doing = TextColumn("{task.description:<58}", markup=False)
    with Progress(
        doing, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=Console(file=sys.stderr), transient=True
    ) as bar:
        task = bar.add_task(f"certifying {request.target}", total=None)

        def progress(total: int, result: Result | None) -> None:
            if result is None:
                bar.update(task, total=total)
                return
            if result.outcome in ("failed", "error"):
                what = result.failure.clause if result.failure else "error"
                bar.console.print(f"[{_STYLE[result.outcome]}]{what:<11}[/] {escape(result.check)}", highlight=False)
            bar.update(task, advance=1, description=_brief(result.check))

        return certify(request, progress)


def _brief(check: str) -> str:
    return check.removeprefix("test_").replace("_", " ")[:58]


def _show(done: Certification, request: Request, console: Console, quiet: bool) -> None:
    certificate = done.certificate
    if not quiet:
        console.print(_clause_table(certificate))
        _show_failures(done, request, console)
        console.print(_level_table(certificate))
        if certificate.verdict == "error":
            console.print(done.log[-4_000:], markup=False, highlight=False)
    style = _STYLE["passed" if certificate.as_expected else certificate.verdict]
    reason = f": {certificate.reason}" if certificate.reason else ""
    verdict = f"{certificate.verdict}{' as expected' * certificate.as_expected}"
    levels = ", ".join(level.level for level in certificate.levels if level.verdict)
    of = f" for {levels}" if certificate.verdict == "certified" else ""
    by = f" by the profile {certificate.profile}" if "@" in request.target else ""
    console.print(
        f"[bold {style}]{certificate.backend} {certificate.backend_version}: {verdict}[/]{of}{by}{reason}",
        highlight=False,
    )
    console.print(
        f"{len(certificate.clauses)} clauses, {certificate.programs:,} generated programs,"
        f" {certificate.operations:,} operations, seed {certificate.seed}, {certificate.seconds} s",
        highlight=False,
    )
    for line in (*_coverage(certificate), *_left_out(certificate), *_expected(certificate)):
        console.print(line, highlight=False)
    if request.out:
        console.print(f"{_FILES} are in {request.out}", highlight=False, soft_wrap=True)


def _coverage(certificate: Certificate) -> Iterator[str]:
    """Yield what was covered, in lines."""
    for done in certificate.exhaustive:
        ran = f"{done.operations:,} operations in {done.seconds} s"
        if done.depth is None:
            yield (
                f"tour of {done.threads} thread{'s' * (done.threads > 1)}: {done.states:,} states,"
                f" {done.taken:,} of {done.transitions:,} transitions, {ran}"
            )
        else:
            yield f"every program of up to {done.depth} operations: {done.programs:,} programs, {ran}"
    due = [data for data in certificate.data if data.demanded]
    if due:
        yield f"{sum(data.count > 0 for data in due)} of {len(due)} data classes drawn"


def _left_out(certificate: Certificate) -> Iterator[str]:
    """Yield what was left out in judging a product, in lines."""
    product = certificate.product
    if product is None:
        return
    killed = ", killed now and then" if product.kills else ""
    grain = f", times to {product.grain} ms" if product.grain else ""
    yield f"{len(product.unseen)} fields shown nowhere{grain}{killed};"
    yield f"{len(product.unasked)} kinds of what was drawn not asked"
    if product.cut:
        yield f"programs that ended early: {', '.join(f'{why} {count}×' for why, count in product.cut.items())}"


def _expected(certificate: Certificate) -> Iterator[str]:
    """Yield what became of the failures that were expected, in lines."""
    expected = certificate.expected
    if expected is None:
        return
    yield f"{len(expected.met)} findings met: {', '.join(f'{name} {count}×' for name, count in expected.met.items())}"
    if expected.new:
        yield f"failed as no finding tells: {', '.join(expected.new)}"
    if expected.trouble:
        yield expected.trouble
    if expected.stale:
        yield f"stale, for nothing met them any more: {', '.join(expected.stale)}"


def _clause_table(certificate: Certificate) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("level", "clause", "strength", "verdict", "checks", "title"):
        table.add_column(heading, justify="right" if heading == "checks" else "left", overflow="fold")
    level = ""
    for clause in certificate.clauses:
        shown_level = clause.level if clause.level != level else ""
        level = clause.level
        style = _STYLE[clause.verdict]
        table.add_row(
            shown_level, clause.id, clause.strength, f"[{style}]{clause.verdict}[/]", str(clause.checks), _title(clause)
        )
    return table


def _title(clause: ClauseReport) -> str:
    note = clause.reason if clause.verdict in ("skipped", "untested") else ""
    if clause.verdict == "passed" and clause.checks_skipped:
        note = f"{clause.checks_skipped} skipped: {'; '.join(clause.skip_reasons)}"
    return f"{clause.title} [dim]({escape(note)})[/]" if note else clause.title


def _level_table(certificate: Certificate) -> Table:
    table = Table(box=None, pad_edge=False)
    figures = ("passed", "failed", "skipped", "n/a", "untested", "SHOULD failed", "programs")
    for heading in ("level", "verdict", *figures):
        table.add_column(heading, justify="left" if heading in ("level", "verdict") else "right")
    for level in certificate.levels:
        counts = (
            level.passed, level.failed, level.skipped, level.not_applicable, level.untested, level.advised,
            level.programs,
        )  # fmt: skip
        verdict = level.verdict or "not applicable"
        table.add_row(level.level, f"[{_STYLE[verdict]}]{verdict}[/]", *map(str, counts))
    return table


def _show_failures(done: Certification, request: Request, console: Console) -> None:
    for failure in done.failures:
        console.rule(f"[red]{failure.clause}[/]", align="left")
        show(failure, console)
        console.print(f"\nAgain: {_again(failure, done, request)}", highlight=False, soft_wrap=True)


def _again(failure: Failure, done: Certification, request: Request) -> str:
    """Return the command that shows a clause broken once more."""
    if failure.clause in done.traces:
        known = f" --expected {request.expected}" if request.expected and not failure.finding else ""
        return f"threadstore replay {done.traces[failure.clause]} {request.target}{known}"
    if failure.clause in done.directed:
        return f"threadstore certify {request.target} --clause {failure.clause} (its checks alone show it)"
    options = _options(attrs.evolve(request, out=None), quiet=False)
    return f"threadstore certify {shlex.join(options)} (its program alone does not show it)"
