"""Run the same generated programs on a real Codex and on the local store, and let each open what the other wrote.

    python tools/codex_differential.py [--codex-bin PATH] [--programs N] [--seed N] [--expected FILE …]
        [--of-local FILE …]

Each program runs twice: begun by Codex, and begun by the local store. Again and again the home is handed over to the
other one, which is held to show what the session model says and to go on with it. A difference is told with the
program up to it. One that a list of expected failures knows of whoever has the home is counted and passed over. What
was found so far is in docs/codex/differential.md.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import click
from attrs import evolve

from threadstore import (
    AppendThreadItemsParams,
    DiscardThreadParams,
    FlushThreadParams,
    LoadThreadHistoryParams,
    PersistThreadParams,
    ReadThreadParams,
    StoredThread,
    StoredThreadHistory,
)
from threadstore.registration import ManagerBackend
from threadstore_conformance.cli.codex_bin import codex_bin_option
from threadstore_conformance.discovery import TargetError
from threadstore_conformance.exchange import exchanged
from threadstore_conformance.expected import Expected, load_expected
from threadstore_conformance.lockstep import Difference
from threadstore_conformance.process import HandOverParams, WaitParams
from threadstore_conformance.profiles import profile_of
from threadstore_conformance.program import render
from threadstore_conformance.results import Run

#: How many steps a program has, and how many programs a seed makes: the first of each is the simplest there is.
STEPS, BATCH = 25, 6


@click.command()
@codex_bin_option
@click.option(
    "--programs",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    help="How many to run each way, in batches of six.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first program's seed.")
@click.option(
    "--expected",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="A list of failures that are known of Codex; may be given again.",
)
@click.option(
    "--of-local",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="A list of what the local store is known to show otherwise; may be given again.",
)
def main(programs: int, seed: int, expected: tuple[Path, ...], of_local: tuple[Path, ...]) -> None:
    """Hand homes to and fro between Codex and the local store."""
    from threadstore_backends.codex.registration import CODEX
    from threadstore_backends.local.managed import managed

    profile = profile_of(CODEX.version)
    codex = evolve(
        CODEX,
        session=evolve(CODEX.session, originators=profile),
        asks=partial(_unnamed, CODEX),
        unseen=CODEX.unseen | _BY_FILES,
    )
    # The one tells times by its clock, the other by the files' own; and what Codex shows nowhere, nobody knows.
    open_local = partial(_local_manager(), profile=profile, folder="codex")
    local = evolve(managed(profile), open=open_local, grain=codex.grain, unseen=codex.unseen)
    try:
        lists = {
            side: tuple(each for path in paths for each in load_expected(path))
            for side, paths in ((codex.name, expected), (local.name, of_local))
        }
    except TargetError as error:
        raise click.ClickException(str(error)) from error
    seen: Counter[str] = Counter()
    total = Counter[str]()
    for number in range(seed, seed + -(-programs // BATCH)):
        for pair in ((codex, local), (local, codex)):
            run, known = Run(), {side: Expected(each) for side, each in lists.items()}
            difference = exchanged(pair, run, examples=BATCH, steps=STEPS, first_seed=number, known=known)
            total["programs"] += run.programs_run["manager"]
            total["operations"] += run.tallies["manager"].operations
            for side in known.values():
                for each, count in side.met.items():
                    seen[each.finding] += count
            if difference is not None:
                total["differences"] += 1
                _tell(number, pair[0].name, difference)
    click.echo(f"{total['programs']} programs, {total['operations']:,} operations, {total['differences']} differences")
    if seen:
        click.echo("known: " + ", ".join(f"{finding} {count}×" for finding, count in sorted(seen.items())))
    raise SystemExit(bool(total["differences"]))


def _local_manager() -> type[Any]:
    """Return the local store's session layer, which tells of records as Codex does: without what no caller gave."""
    from threadstore_backends.codex.stored import items_of
    from threadstore_backends.local.managed import LocalManager

    class AsCodexTells(LocalManager):
        def load_history(self, params: LoadThreadHistoryParams, /) -> StoredThreadHistory:
            return _told(super().load_history(params))

        def read_thread(self, params: ReadThreadParams, /) -> StoredThread:
            thread = super().read_thread(params)
            return evolve(thread, history=thread.history and _told(thread.history))

    def _told(history: StoredThreadHistory) -> StoredThreadHistory:
        return evolve(history, items=items_of(history.items))

    return AsCodexTells


def _unnamed(codex: ManagerBackend, operation: Any) -> Any:
    """Return what Codex can be asked, its turns without names: the local store would not know which are which."""
    if isinstance(operation, PersistThreadParams | FlushThreadParams | DiscardThreadParams):
        return "Codex does it by itself"
    if isinstance(operation, WaitParams):
        return "Codex has the machine's clock"
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
    where = f"{difference.clause} at {difference.path}{', ' * bool(difference.how)}{difference.how}"
    return f"{where}: {difference.expected!r:.300} against {difference.actual!r:.300}"


if __name__ == "__main__":
    main()
