"""``threadstore soak TARGET``: generated programs of many seeds, each seed in a process of its own."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from attrs import evolve, frozen
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ..certify import clear
from ..discovery import TargetError, find_backend
from ..expected import load_expected
from ..generation import DEFAULT_EXAMPLES
from ..homes import in_memory
from ..soak import Soak, soaked
from .codex_bin import codex_bin_option
from .worker import WORKER, end_with, run_apart

#: The file that a run leaves.
SUMMARY = "soak.json"
#: The option by which the process of a seed knows where homes are made.
_SCRATCH = "--scratch"


@click.command("soak")
@click.argument("target")
@click.option("--seeds", type=click.IntRange(1), default=10, show_default=True, help="How many seeds to run.")
@click.option(
    "--first", type=click.IntRange(0), default=1, show_default=True, metavar="SEED", help="The first of them."
)
@click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default="all cores", help="How many at once."
)
@click.option(
    "--examples",
    type=click.IntRange(1),
    default=DEFAULT_EXAMPLES,
    show_default=True,
    help="How many programs of the whole machine each seed generates, at each port.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Where {SUMMARY} and traces go.  [default: .threadstore/soak/TARGET]",
)
@click.option(
    "--timeout",
    type=click.IntRange(1),
    default=1800,
    show_default=True,
    help="Give up on a seed after so many seconds.",
)
@click.option(
    "--expected",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A list of failures that are known, which programs go on past.",
)
@codex_bin_option
@click.option(_SCRATCH, type=click.Path(path_type=Path), hidden=True)
@click.option(WORKER, type=click.Path(path_type=Path), hidden=True)
def soak_command(
    target: str,
    seeds: int,
    first: int,
    jobs: int,
    examples: int,
    out: Path | None,
    timeout: int,
    expected: Path | None,
    scratch: Path | None,
    worker: Path | None,
) -> None:
    """Run the generated programs of many seeds on TARGET (NAME or module:attribute), which shows no difference.

    Exit status: 0 no seed shows a difference, 1 one does, 3 an error of the harness or of the call.
    """
    out = out or Path(".threadstore") / "soak" / target.replace(":", ".")
    try:
        backend = find_backend(target)
        known = load_expected(expected) if expected else ()
        out.mkdir(parents=True, exist_ok=True)
        if worker:
            tempfile.tempdir = str(scratch) if scratch else None
            found = soaked(backend, target, first, examples, out / _folder(first), known)
            found.save(_told_in(out, first))
            end_with(found.exit_status, worker)
        _clear(out)
        how = _Seeds(target=target, examples=examples, out=out, timeout=timeout, expected=expected)
        found = _watched(how, range(first, first + seeds), jobs)
    except TargetError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot write to {out}: {error.strerror or error}") from error
    _show(found, out, expected)
    sys.exit(found.exit_status)


@frozen(kw_only=True)
class _Seeds:
    """How each seed is run."""

    target: str
    examples: int
    out: Path
    timeout: int
    expected: Path | None = None

    @property
    def nothing(self) -> Soak:
        """What no seed has shown."""
        return Soak(backend=self.target, examples=self.examples)

    def run(self, seed: int) -> Soak:
        """Run a seed in a process of its own, and return what it showed."""
        told_in = _told_in(self.out, seed)
        options = ["--first", str(seed), "--examples", str(self.examples), "--out", str(self.out)]
        options += ["--expected", str(self.expected)] if self.expected else []
        try:
            # Homes are removed with the folder, also those of a seed whose time is up.
            with TemporaryDirectory(prefix="threadstore-soak-", dir=in_memory(), ignore_cleanup_errors=True) as scratch:
                run_apart(["soak", self.target, *options, _SCRATCH, scratch], self.timeout)
            found = Soak.load(told_in)
            told_in.unlink()
        except FileNotFoundError:
            return self._broken(seed, "its process ended with an error that it told, and left no summary")
        except (click.ClickException, OSError, ValueError) as error:
            return self._broken(seed, str(error))
        return found

    def _broken(self, seed: int, why: str) -> Soak:
        return evolve(self.nothing, seeds=(seed,), errors=(f"seed {seed}: {why}",))


def _folder(seed: int | str) -> str:
    """Return where the traces of a seed are."""
    return f"seed-{seed}"


def _told_in(out: Path, seed: int) -> Path:
    return out / f"{_folder(seed)}.json"


def _clear(out: Path) -> None:
    """Remove what an earlier run left, so that nothing old can be taken for this run's."""
    for stale in (out / SUMMARY, *out.glob(f"{_folder('*')}.json")):
        stale.unlink(missing_ok=True)
    for folder in out.glob(f"{_folder('*')}/"):
        clear(folder)
        with suppress(OSError):
            # Somebody else's files are in it.
            folder.rmdir()


def _watched(how: _Seeds, seeds: Iterable[int], jobs: int) -> Soak:
    """Run the seeds; keep what they have shown so far in a file, and say what differs as it is found."""
    began, found = time.monotonic(), how.nothing
    for shown in _shown(how, list(seeds), jobs):
        found = found.with_more(shown, time.monotonic() - began)
        found.save(how.out / SUMMARY)
    return found


def _shown(how: _Seeds, seeds: list[int], jobs: int) -> Iterator[Soak]:
    columns = (
        TextColumn("{task.description:<40}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as bar, ThreadPoolExecutor(jobs) as pool:
        task = bar.add_task(f"soaking {how.target}", total=len(seeds))
        try:
            for done in as_completed([pool.submit(how.run, seed) for seed in seeds]):
                bar.update(task, advance=1)
                yield done.result()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _show(found: Soak, out: Path, expected: Path | None) -> None:
    console = Console(highlight=False, soft_wrap=True, markup=False)
    for difference in found.differences:
        console.print(f"seed {difference.seed}, {difference.programs}: {difference.clause}", style="red")
        console.print(difference.told)
        if difference.trace:
            known = f" --expected {expected}" if expected else ""
            console.print(f"\nAgain: threadstore replay {difference.trace} {found.backend}{known}\n")
    for error in found.errors:
        console.print(f"error: {error}", style="magenta")
    new = "new differences" if expected else "differences"
    console.print(
        f"{found.backend}: {len(found.differences)} {new} in {len(found.seeds)} seeds: {found.programs:,} programs,"
        f" {found.operations:,} operations, {found.seconds:.0f} s,"
        f" {60 * found.programs / max(found.seconds, 0.1):,.0f} programs a minute"
    )
    if found.met:
        times = ", ".join(f"{finding} {count}×" for finding, count in found.met.items())
        console.print(f"{len(found.met)} findings met: {times}")
    console.print(f"{SUMMARY} and traces are in {out}", style="dim")
