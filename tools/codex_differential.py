"""Run the same generated programs on a real Codex and on the local store, and let each open what the other wrote.

    python tools/codex_differential.py [--codex-bin PATH] [--programs N] [--seed N] [--expected FILE]

Each program runs twice: begun by Codex, and begun by the local store. Again and again the home is handed over to the
other one, which is held to show what the session model says and to go on with it. A difference is told with the
program up to it; one that the list of expected failures knows is counted and passed over.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import click
from attrs import evolve

from threadstore import AppendThreadItemsParams, DiscardThreadParams, FlushThreadParams, PersistThreadParams
from threadstore.registration import ManagerBackend
from threadstore_conformance.discovery import TargetError
from threadstore_conformance.exchange import exchanged
from threadstore_conformance.expected import Expected, load_expected
from threadstore_conformance.lockstep import Difference
from threadstore_conformance.process import HandOverParams
from threadstore_conformance.profiles import profile_of
from threadstore_conformance.program import render
from threadstore_conformance.results import Run

#: How many steps a program has, and how many programs a seed makes: the first of each is the simplest there is.
STEPS, BATCH = 25, 6


@click.command()
@click.option("--codex-bin", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The binary to run.")
@click.option(
    "--programs", type=click.IntRange(1), default=30, show_default=True, help="How many programs to run, each way."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first program's seed.")
@click.option("--expected", type=click.Path(path_type=Path, exists=True), help="A list of known failures.")
def main(codex_bin: Path | None, programs: int, seed: int, expected: Path | None) -> None:
    """Hand homes to and fro between Codex and the local store."""
    if codex_bin:
        os.environ["THREADSTORE_CODEX_BIN"] = str(codex_bin.absolute())
    from threadstore_backends.codex.registration import CODEX
    from threadstore_backends.local.managed import managed

    profile = profile_of(CODEX.version)
    codex = evolve(
        CODEX,
        session=evolve(CODEX.session, originators=profile),
        asks=partial(_unnamed, CODEX),
        unseen=CODEX.unseen | _BY_FILES,
    )
    try:
        known = load_expected(expected) if expected else ()
    except TargetError as error:
        raise click.ClickException(str(error)) from error
    seen: Counter[str] = Counter()
    total = Counter[str]()
    for number in range(seed, seed + -(-programs // BATCH)):
        for pair in ((codex, managed(profile)), (managed(profile), codex)):
            run = Run(expected=Expected(known))
            difference = exchanged(pair, run, examples=BATCH, steps=STEPS, first_seed=number)
            total["programs"] += run.programs_run["manager"]
            total["operations"] += run.tallies["manager"].operations
            seen.update({each.finding: count for each, count in run.expected.met.items()})
            if difference is not None:
                total["differences"] += 1
                _tell(number, pair[0].name, difference)
    click.echo(f"{total['programs']} programs, {total['operations']:,} operations, {total['differences']} differences")
    if seen:
        click.echo("known: " + ", ".join(f"{finding} {count}×" for finding, count in sorted(seen.items())))
    raise SystemExit(bool(total["differences"]))


def _unnamed(codex: ManagerBackend, operation: Any) -> Any:
    """Return what Codex can be asked, its turns without names: the local store would not know which are which."""
    if isinstance(operation, PersistThreadParams | FlushThreadParams | DiscardThreadParams):
        return "Codex does it by itself"
    asked = codex.asks(operation)
    if not isinstance(asked, AppendThreadItemsParams):
        return asked
    return evolve(asked, items=[item for item in asked.items if item.kind not in _BOUNDS])


#: Of a home that it did not write Codex tells these times by the files' own, and makes up what no turn told.
_BY_FILES = frozenset(
    f"StoredThread.{name}" for name in ("updated_at", "recency_at", "approval_mode", "permission_profile")
)
#: Where a turn starts and ends.
_BOUNDS = (("event_msg", "task_started"), ("event_msg", "task_complete"))


def _tell(seed: int, begun_by: str, difference: Difference) -> None:
    click.echo(f"\nseed {seed}, begun by {begun_by}: {_words(difference)}")
    holder = begun_by
    for number, operation in enumerate(difference.operations, 1):
        holder = operation.to if isinstance(operation, HandOverParams) else holder
        click.echo(f"  {number:3} {holder:6} {render(operation)[:200]}")


def _words(difference: Any) -> str:
    # The last operation may be a handing over, which no table names.
    return f"{difference.clause} at {difference.path}: {difference.expected!r:.300} against {difference.actual!r:.300}"


if __name__ == "__main__":
    main()
