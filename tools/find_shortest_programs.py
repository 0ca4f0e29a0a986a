"""Find the shortest program that breaks each clause, and keep it in the package.

Run it from an environment in which ``threadstore[suite]`` is installed, in a checkout of this project::

    python tools/find_shortest_programs.py                    # on all mutants
    python tools/find_shortest_programs.py --each 2           # on two mutants of each clause
    python tools/find_shortest_programs.py --clause PATCH-3   # on the mutants of a clause

Programs are generated for each mutant, run exhaustively on stores, and taken from the directed checks that fail; what
shows a difference is shrunk, and the shortest of each clause is kept: in place of the one that was known, unless that
one still breaks its clause and is as short. A program breaks a clause when lockstep names it, of a mutant that does
break it. Some clauses lockstep never names, since it calls what it sees by a nearer one; for those stands a program
that rejects a mutant of theirs, by whatever name, which its trace tells; one that lockstep calls by the clause's own
name is kept before any other. What is held against a backend that conforms too is a fault of the
suite, which is told and not kept. Clauses of which no program is known are listed at the end.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from types import FrameType

import pytest
from attrs import evolve, frozen
from rich.console import Console
from rich.progress import track

from threadstore import Backend, ThreadStoreError
from threadstore.registration import REFERENCE_SESSION
from threadstore_conformance.certify import scratch
from threadstore_conformance.directed import Check, all_checks
from threadstore_conformance.discovery import Registered, TargetError, find_backend
from threadstore_conformance.exhaustive.driver import Exhaustive
from threadstore_conformance.generation import FOCUS, Generation
from threadstore_conformance.lab import Lab
from threadstore_conformance.lockstep import Difference
from threadstore_conformance.mutants.library import Found, Mutant, find_mutants, load_mutant
from threadstore_conformance.ports import PortName, Step
from threadstore_conformance.program import Trace, TraceError
from threadstore_conformance.results import Run
from threadstore_conformance.running import difference_of
from threadstore_conformance.session_lab import SessionLab
from threadstore_conformance.shortest import FOLDER, path_of, shortest_known
from threadstore_conformance.shrink import size, smallest
from threadstore_conformance.spec_text import load_clauses

#: Programs that are generated for a mutant, and how long exhaustive ones are at most.
PROGRAMS, DEPTH = 10, 2
#: Seconds for a mutant; and for each repetition of the alarm, should the first go unheard.
LIMIT, AGAIN = 300, 5
#: A program of so few operations is not searched for a shorter one.
SHORT = 2


class TimeUp(BaseException):
    """The search on one mutant took too long; nothing that a mutant does about exceptions stops this one."""


def main() -> None:
    """Search on every mutant of the clauses that are asked for, and keep what is shorter than what was known."""
    options = _options()
    console = Console(highlight=False, soft_wrap=True)
    wanted = set(options.clause or load_clauses())
    mutants = _of_each([found for found in find_mutants() if wanted & set(found.mutant.clauses)], options.each)
    best = _still_known(wanted, {found.mutant.name: found for found in find_mutants()})
    FOLDER.mkdir(exist_ok=True)
    with get_context("forkserver").Pool(options.jobs, maxtasksperchild=10) as pool:
        tasks = [(found.table, found.place, found.port, options.focus) for found in mutants]
        shown = Console(stderr=True)
        for traces in track(pool.imap(_searched, tasks), "searching", len(tasks), console=shown):
            for clause_id, candidate in traces.items():
                # A program that hands a store what is no JSON cannot be kept.
                if clause_id in wanted and _is_better(candidate, best.get(clause_id)):
                    with suppress(TraceError):
                        candidate.trace.save(path_of(clause_id))
                        best[clause_id] = candidate
    for clause_id, known in sorted(best.items()):
        called = "" if known.is_named else f", called {known.trace.clause}"
        console.print(f"{clause_id:<10} {len(known.trace.operations):>3} operations, on {known.trace.backend}{called}")
    for clause_id in load_clauses():
        if clause_id in wanted - best.keys():
            console.print(f"{clause_id:<10} none known", style="yellow")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Find the shortest program that breaks each clause.")
    parser.add_argument("--clause", action="append", metavar="ID", help="search for this one; may be repeated")
    parser.add_argument("--each", type=int, metavar="N", help="search on the first N mutants of a clause alone")
    parser.add_argument("--focus", action="store_true", help="generate programs of few rules too, which takes longer")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many mutants at once")
    return parser.parse_args()


def _of_each(mutants: Sequence[Found], count: int | None) -> list[Found]:
    """Return the first mutants of each clause, or all of them."""
    seen: Counter[str] = Counter()
    kept = []
    for found in mutants:
        seen[found.mutant.clauses[0]] += 1
        if count is None or seen[found.mutant.clauses[0]] <= count:
            kept.append(found)
    return kept


@frozen
class Candidate:
    """A program that breaks a clause."""

    clause_id: str
    #: It names the clause by which lockstep calls what it shows.
    trace: Trace

    @property
    def is_named(self) -> bool:
        """Whether lockstep calls it by the clause that it breaks."""
        return self.trace.clause == self.clause_id


def _is_better(candidate: Candidate, known: Candidate | None) -> bool:
    return known is None or _rank(candidate) < _rank(known)


def _rank(candidate: Candidate) -> tuple[bool, tuple[int, int]]:
    return not candidate.is_named, size(candidate.trace.operations)


def _still_known(wanted: set[str], mutants: dict[str, Found]) -> dict[str, Candidate]:
    """Return the programs that are known and still break their clauses, by what they are called now; remove others."""
    known: dict[str, Candidate] = {}
    for clause_id in sorted(wanted):
        trace = shortest_known(clause_id)
        if trace is None:
            continue
        found = mutants.get(trace.backend)
        shown = _difference(found.mutant.backend(), trace) if found else None
        if found and shown and clause_id in {shown.clause, found.mutant.clauses[0]} & set(found.mutant.clauses):
            known[clause_id] = Candidate(clause_id, evolve(trace, clause=shown.clause))
            known[clause_id].trace.save(path_of(clause_id))
        else:
            path_of(clause_id).unlink()
    return known


def _searched(task: tuple[str, int, PortName, bool]) -> dict[str, Candidate]:
    """Return the smallest program found on a mutant for each clause that it was seen to break."""
    table, place, port, focus = task
    mutant = load_mutant(table, place)
    backend = mutant.backend()
    best: dict[str, Candidate] = {}
    signal.signal(signal.SIGALRM, _time_is_up)
    with suppress(TimeUp), scratch(), _alarmed():
        for difference in _differences(mutant, backend, port, focus):
            if difference.clause in best and _is_short(best[difference.clause]):
                continue
            small = _smallest(difference, backend)
            if small is None:
                continue
            for clause_id in {small.clause, mutant.clauses[0]} & set(mutant.clauses):
                candidate = Candidate(clause_id, _trace(small, backend))
                if _is_better(candidate, best.get(clause_id)) and _is_innocent(candidate.trace):
                    best[clause_id] = candidate
            if mutant.clauses[0] in best and _is_short(best[mutant.clauses[0]]):
                break
    return best


def _is_short(known: Candidate) -> bool:
    return known.is_named and len(known.trace.operations) <= SHORT


def _smallest(difference: Difference, backend: Registered) -> Difference | None:
    try:
        return smallest(difference, backend)
    except RecursionError:
        # Some checks hand a store what has no end: nothing smaller can be said of that.
        return None


@contextmanager
def _alarmed() -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, LIMIT, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _time_is_up(number: int, frame: FrameType | None) -> None:
    raise TimeUp


def _differences(mutant: Mutant, backend: Registered, port: PortName, focus: bool) -> Iterator[Difference]:
    """Yield what directed checks' programs show of a mutant, then exhaustive programs, then generated ones."""
    yield from _directed(mutant, backend)
    if port == "store" and isinstance(backend, Backend) and backend.capabilities.volatile:
        try:
            Exhaustive(backend).programs(DEPTH)
        except Difference as difference:
            yield difference
    for rules in (None, *(sorted(FOCUS[port]) if focus else ())):
        examples = PROGRAMS if rules is None else 5 * PROGRAMS
        generation = Generation(backend=backend, port=port, run=Run(), examples=examples)
        try:
            generation.check(rules)
        except Difference as difference:
            yield difference
        except Exception as error:
            # The mutant ends the run in another way: no program shows anything of it.
            Console(stderr=True).print(f"{mutant.name}: {type(error).__name__}", style="dim")


def _directed(mutant: Mutant, backend: Registered) -> Iterator[Difference]:
    checks = [check for check in all_checks() if set(check.clauses) & set(mutant.clauses)]
    shown = [
        difference_of(backend, _program_of(check, backend), check.port)
        for check in checks
        if not check.skipped(backend)
    ]
    lightest: dict[str, Difference] = {}
    for difference in sorted((each for each in shown if each), key=lambda each: size(each.operations)):
        lightest.setdefault(difference.clause, difference)
    yield from lightest.values()


def _program_of(check: Check, backend: Registered) -> tuple[Step, ...]:
    """Return the operations that a check runs, as far as it comes; none where they are not all that there is to it."""
    lab: Lab | SessionLab
    if check.port == "manager":
        lab = SessionLab(backend)
    else:
        assert isinstance(backend, Backend)
        lab = Lab(backend)
    with suppress(AssertionError, ThreadStoreError, TargetError, pytest.skip.Exception), lab:
        check.function(lab)
    return () if lab.untold else tuple(lab.subject.operations)


def _difference(backend: Registered, trace: Trace) -> Difference | None:
    return difference_of(backend, trace.operations, trace.port)


def _trace(difference: Difference, backend: Registered) -> Trace:
    return Trace(
        difference.operations,
        backend.capabilities,
        backend.name,
        difference.clause,
        port=difference.port,
        session=getattr(backend, "session", REFERENCE_SESSION),
    )


def _is_innocent(trace: Trace) -> bool:
    """Tell whether a backend that conforms passes, and say so when it does not."""
    shown = _difference(find_backend("memory"), trace)
    if shown is not None:
        Console(stderr=True).print(f"held against memory too, found on {trace.backend}: {shown!s:.300}", style="red")
    return shown is None


if __name__ == "__main__":
    main()
