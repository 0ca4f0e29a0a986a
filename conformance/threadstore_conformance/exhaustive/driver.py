"""Running every program up to a depth on a store, in lockstep with the model.

Each program is run from an empty store, and after its last operation everything observable is read; a program's
beginnings are programs of their own. Programs that differ by the names of the threads alone are run once. Beyond
`INTERLEAVED` operations so are those that differ only by the order of operations on different threads. An operation
that changes nothing, a refusal above all, is followed by every operation like any other.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

from attrs import frozen

from threadstore import Backend, ManualClock, Operation, ThreadStore
from threadstore.state import State

from ..answers import Stray, answer_of
from ..attribution import clause_of_answer
from ..compare import Answer, Raised
from ..compare_values import Mismatch
from ..discovery import TargetError
from ..homes import close_store, fresh_home, open_store
from ..lockstep import Difference, outcome_name
from ..ports import method_of
from ..running import run_program
from .alphabet import deeds, sights
from .bounded import Abstract, Bounded, abstract, explore, shortest_way, tour
from .coverage import Coverage
from .graph import Graph, Node

#: Up to this depth programs are run in every order of their operations.
INTERLEAVED = 4


class Exhaustive:
    """Exhaustive runs against one backend."""

    def __init__(self, backend: Backend, threads: int = 2) -> None:
        self.coverage = Coverage(threads)
        self._backend = backend
        self._threads = threads
        by_thread = deeds(threads)
        self._each = len(by_thread[0])
        #: Operations by number: those of the first thread, those of the second, then the reads.
        self._operations = tuple(deed for each in by_thread for deed in each)
        self._sights = tuple(enumerate(sights(backend.capabilities, threads), len(self._operations)))
        self._graph = Graph()
        self._start = self._graph.node(State(backend.capabilities))
        #: Which operations of the program at hand were refused.
        self._refused: set[int] = set()

    def programs(self, depth: int) -> None:
        """Run every program of up to ``depth`` operations; raise the `Difference` of the first that shows one."""
        lengths = range(1, depth + 1)
        self.coverage.depth = depth
        self.coverage.asked = sum(_count(length, self._each, self._threads) for length in lengths)
        with self._empty_stores() as stores:
            for length in lengths:
                for program in _programs(length, self._each, self._threads):
                    self._run(next(stores), program)
                    self.coverage.programs += 1

    def tour(self) -> None:
        """Run the one program that takes every transition of the bounded model, reading everything after each."""
        bounded = explore(self._backend.capabilities, self._operations)
        self.coverage.states, self.coverage.transitions = len(bounded.leads), bounded.transitions
        self.coverage.asked = 1
        with self._empty_stores() as stores:
            store, node = next(stores), self._start
            program, places = tour(bounded), list[Abstract]()
            for end, number in enumerate(program, 1):
                places.append(abstract(node.state))
                self.coverage.taken.add((places[-1], number))
                try:
                    node = self._look(store, self._step(store, node, number, end))
                except _Shown as shown:
                    self._blame(_endings(bounded, program[:end], places), shown)
            self.coverage.programs += 1

    def _run(self, store: ThreadStore, program: Sequence[int]) -> None:
        node, end = self._start, 0
        self._refused.clear()
        try:
            for end, number in enumerate(program, 1):
                node = self._step(store, node, number, end)
            self._look(store, node)
        except _Shown as shown:
            self._blame([program[:end]], shown)

    def _step(self, store: ThreadStore, node: Node, number: int, end: int) -> Node:
        operation = self._operations[number]
        answer = self._ask(store, operation)
        if isinstance(answer, Raised):
            self._refused.add(end - 1)
        return self._judged(node, number, operation, answer)

    def _look(self, store: ThreadStore, node: Node) -> Node:
        """Read everything, and return the state in which the values that the store chose are known."""
        for number, sight in self._sights:
            try:
                node = self._judged(node, number, sight, self._ask(store, sight))
            except _Shown as shown:
                raise _Shown(shown.mismatch, sight) from None
        return node

    def _judged(self, node: Node, number: int, operation: Operation, answer: Answer) -> Node:
        after = self._graph.follow(node, number, operation, answer)
        if isinstance(after, Mismatch):
            raise _Shown(after)
        return after

    def _ask(self, store: ThreadStore, operation: Operation) -> Answer:
        try:
            answer = answer_of(store, operation)
        except Stray as stray:
            raise _Shown(Mismatch(stray.path, stray.expected, stray.actual, stray.clause)) from None
        self.coverage.outcomes[method_of(operation), outcome_name(answer)] += 1
        return answer

    def _blame(self, programs: Iterable[Sequence[int]], shown: _Shown) -> NoReturn:
        """Raise the difference that the first of some programs shows, named as any other run of it would.

        The last is the one that was run.
        """
        operations: tuple[Operation, ...] = ()
        for program in programs:
            operations = self._named(program)
            # That the store does not close either is another matter.
            with suppress(TargetError):
                run_program(self._backend, operations)
        # What is seen only without the looks that lockstep takes in between.
        operations += () if shown.sight is None else (shown.sight,)
        mismatch = shown.mismatch
        clause = mismatch.clause or clause_of_answer(operations[-1], mismatch.path)
        refused = frozenset(self._refused)
        found = (mismatch.path, mismatch.expected, mismatch.actual)
        raise Difference(clause, operations, refused, *found, how=mismatch.how)

    def _named(self, program: Sequence[int]) -> tuple[Operation, ...]:
        return tuple(self._operations[number] for number in program)

    @contextmanager
    def _empty_stores(self) -> Iterator[Iterator[ThreadStore]]:
        stores = self._made_stores()
        try:
            yield stores
        except Difference:
            with suppress(TargetError):
                stores.close()
            raise
        finally:
            stores.close()

    def _made_stores(self) -> Generator[ThreadStore]:
        """Yield empty stores, each closed before the next; what keeps nothing may have one home for all."""
        while True:
            with fresh_home(self._backend) as home:
                while True:
                    store = open_store(self._backend, home, ManualClock())
                    try:
                        yield store
                    finally:
                        close_store(store)
                    if not self._backend.capabilities.volatile:
                        break


@frozen
class _Shown(Exception):
    """A store's answer does not conform."""

    mismatch: Mismatch
    #: What was read after the last operation, when it is the answer to that.
    sight: Operation | None = None


def _endings(bounded: Bounded, program: Sequence[int], places: Sequence[Abstract]) -> Iterator[Sequence[int]]:
    """Yield programs that end as the tour did and come to that by the shortest way, then the tour's own program.

    Most of it has nothing to do with what was seen at its end: each has twice as much of it as the one before.
    """
    length = 1
    while length < len(program):
        yield (*shortest_way(bounded, places[-length]), *program[-length:])
        length *= 2
    yield program


def _count(length: int, each: int, threads: int) -> int:
    """Return how many programs of a length there are: each order of threads, with every operation at every place."""
    orders = 1 if threads == 1 else length if length > INTERLEAVED else 2 ** (length - 1)
    return int(orders * each**length)


def _programs(length: int, each: int, threads: int) -> Iterator[tuple[int, ...]]:
    """Yield programs of a length, as numbers of operations of which every thread has ``each``."""
    commuting = length > INTERLEAVED

    def longer(program: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(program) == length:
            yield program
            return
        known = max((number // each for number in program), default=-1)
        first = program[-1] // each if program and commuting else 0
        for thread in range(first, min(known + 2, threads)):
            for number in range(thread * each, (thread + 1) * each):
                yield from longer((*program, number))

    return longer(())
