"""Running every program up to a depth on a store, in lockstep with the model.

Each program is run from an empty store, and after its last operation everything observable is read; a program's
beginnings are programs of their own. Programs that differ by the names of the threads alone are run once. Beyond
`INTERLEAVED` operations so are those that differ only by the order of operations on different threads. An operation
that changes nothing, a refusal above all, is followed by every operation like any other.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from threadstore import Backend, ManualClock, Operation, ThreadStore
from threadstore.state import State

from ..answers import Stray, answer_of
from ..attribution import clause_of_answer
from ..compare import Answer, Mismatch, Raised
from ..homes import close_store, fresh_home, open_store
from ..lockstep import Difference
from ..ports import method_of
from ..running import run_program
from .alphabet import deeds, sights
from .bounded import abstract, explore, shortest_way, tour
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

    def programs(self, depth: int) -> None:
        """Run every program of up to ``depth`` operations; raise the `Difference` of the first that shows one."""
        self.coverage.depth = depth
        with self._empty_stores() as stores:
            for length in range(1, depth + 1):
                for program in _programs(length, self._each, self._threads):
                    self._run(next(stores), program)
                    self.coverage.programs += 1

    def tour(self) -> None:
        """Run the one program that takes every transition of the bounded model, reading everything after each."""
        bounded = explore(self._backend.capabilities, self._operations)
        self.coverage.states, self.coverage.transitions = len(bounded.leads), bounded.transitions
        with self._empty_stores() as stores:
            store, node = next(stores), self._start
            program = tour(bounded)
            for end, number in enumerate(program, 1):
                place = abstract(node.state)
                self.coverage.taken.add((place, number))
                try:
                    node = self._step(store, node, number, program, end)
                    self._look(store, node, program, end)
                except Difference:
                    # Most of the tour has nothing to do with what was seen at this place.
                    run_program(self._backend, self._named((*shortest_way(bounded, place), number)))
                    raise
            self.coverage.programs += 1

    def _run(self, store: ThreadStore, program: Sequence[int]) -> None:
        node = self._start
        for end, number in enumerate(program, 1):
            node = self._step(store, node, number, program, end)
        self._look(store, node, program, len(program))

    def _step(self, store: ThreadStore, node: Node, number: int, program: Sequence[int], end: int) -> Node:
        operation = self._operations[number]
        after = self._graph.follow(node, number, operation, self._ask(store, operation, program, end))
        return after if isinstance(after, Node) else self._blame(program[:end], after)

    def _look(self, store: ThreadStore, node: Node, program: Sequence[int], end: int) -> None:
        for number, sight in self._sights:
            after = self._graph.follow(node, number, sight, self._ask(store, sight, program, end))
            node = after if isinstance(after, Node) else self._blame(program[:end], after, sight)

    def _ask(self, store: ThreadStore, operation: Operation, program: Sequence[int], end: int) -> Answer:
        try:
            answer = answer_of(store, operation)
        except Stray as stray:
            self._blame(program[:end], Mismatch(stray.path, stray.expected, stray.actual, stray.clause))
        outcome = answer.error.kind.value if isinstance(answer, Raised) else "ok"
        self.coverage.outcomes[method_of(operation), outcome] += 1
        return answer

    def _blame(self, program: Sequence[int], mismatch: Mismatch, sight: Operation | None = None) -> NoReturn:
        """Raise the difference that a program shows, named as any other run of it would."""
        operations = self._named(program)
        run_program(self._backend, operations)
        # What is seen only without the looks that lockstep takes in between.
        shown = operations if sight is None else (*operations, sight)
        clause = mismatch.clause or clause_of_answer(shown[-1], mismatch.path)
        raise Difference(clause, shown, frozenset(), mismatch.path, mismatch.expected, mismatch.actual)

    def _named(self, program: Sequence[int]) -> tuple[Operation, ...]:
        return tuple(self._operations[number] for number in program)

    @contextmanager
    def _empty_stores(self) -> Iterator[Iterator[ThreadStore]]:
        stores = self._made_stores()
        try:
            yield stores
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
