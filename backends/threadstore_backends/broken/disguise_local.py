"""Disguised stores of files: faults that show once a home is opened again."""

from __future__ import annotations

from attrs import evolve

from threadstore import StoredThread

from ..local import CAPABILITIES
from .disguise import AGAIN, disguised
from .disguise_stores import AppendsNothing, NamesTheNameless
from .passing import Mutant, Showing, mutant
from .stores_local import (
    ComparesPathsAsText,
    LeavesBlankLines,
    ListsNoArchive,
    ListsOtherwiseThanItReads,
    NamesInTheDatabaseAlone,
    ReadsNoTurns,
    RestatesNothing,
    TouchesWhatItReads,
    local,
)


class ForgetsTheParent(Showing):
    """Shows no parent and no source of a fork."""

    def shown(self, thread: StoredThread) -> StoredThread:
        return evolve(thread, parent_thread_id=None, forked_from_id=None)


_AGAIN: tuple[Mutant, ...] = tuple(
    mutant(store, *clauses, declared=CAPABILITIES, inside=local)
    for store, *clauses in (
        (NamesInTheDatabaseAlone, "LOCAL-1"),
        (RestatesNothing, "LOCAL-1"),
        (NamesTheNameless, "LOCAL-1", "PATCH-7"),
        (ReadsNoTurns, "LOCAL-2"),
        (ForgetsTheParent, "LOCAL-2"),
        (AppendsNothing, "LOCAL-2"),
        (LeavesBlankLines, "LOCAL-3"),
        (TouchesWhatItReads, "LOCAL-4"),
        (ListsNoArchive, "LOCAL-4"),
        (ListsOtherwiseThanItReads, "LOCAL-4"),
        (ComparesPathsAsText, "READ-4"),
    )
)

MUTANTS: tuple[Mutant, ...] = tuple(disguised(AGAIN, broken) for broken in _AGAIN)
