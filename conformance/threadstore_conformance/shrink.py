"""Making a failing program small: fewer operations, then simpler values, as long as it breaks the same clause.

Hypothesis shrinks what was drawn; this shrinks what was run, which is shorter work: a program is run again some
hundred times, each on a store of its own. A program is kept when what it showed is smaller than before: it has fewer
operations, the read that showed the difference among them, or weighs less. So the search ends, and where it was not
cut short its result is minimal: no operation of it can be left out, and no value made simpler by a step of `simpler`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Any

import attrs
from attrs import define, field, frozen

from threadstore.manager import MAKERS

from .discovery import Registered
from .expected import Expected
from .lockstep import Difference
from .ports import PortName, Step
from .products import asked_of
from .program import CURSOR_PREFIX, PATH_PREFIX, render
from .references import LISTINGS
from .running import difference_of
from .simpler import lighter, weight
from .thread_names import THREAD_PREFIX, number_of, unmade_id, with_texts

#: A program is run again at most so often.
BUDGET = 1_000

#: Programs of so few operations are tried without each two of them.
_FEW = 10


@frozen
class Smallest(Difference):
    """A difference that the smallest program found shows."""

    #: How many programs were run to find it.
    runs: int = 0
    #: Whether every step that could make it smaller was tried.
    minimal: bool = True


def smallest(
    difference: Difference, backend: Registered, budget: int = BUDGET, expected: Expected | None = None
) -> Smallest | None:
    """Return the smallest program found that breaks the same clause, or nothing when this one breaks none any more.

    What is expected breaks nothing.

    The clause is the one that it breaks when it is run again: with other looks in between, that may be a neighbour.
    """
    again = difference_of(backend, difference.operations, difference.port, expected)
    if again is None:
        return None
    search = _Search(again.clause, backend, difference.port, budget, expected, best=again, runs=1)
    while search.drop_operations() | search.simplify_operations():
        pass
    values = {a.name: getattr(search.best, a.name) for a in attrs.fields(Difference)}
    return Smallest(**values, runs=search.runs, minimal=search.runs < budget)


def size(operations: Sequence[Step]) -> tuple[int, int]:
    """Return what makes one program smaller than another: operations first, then what their values weigh."""
    return len(operations), weight(operations)


@define
class _Search:
    clause: str
    backend: Registered
    port: PortName
    budget: int
    expected: Expected | None
    best: Difference
    runs: int
    #: The programs that were tried, as text.
    _tried: set[str] = field(factory=set)

    @property
    def operations(self) -> tuple[Step, ...]:
        return self.best.operations

    def accepts(self, operations: Sequence[Step]) -> bool:
        """Run a candidate that was not tried before, and keep it when it breaks the clause and is smaller."""
        text = render(operations)
        if self.runs >= self.budget or text in self._tried:
            return False
        # What cannot be asked so is no program of this backend.
        if any(asked_of(self.backend, operation) != operation for operation in operations):
            return False
        self._tried.add(text)
        self.runs += 1
        found = difference_of(self.backend, operations, self.port, self.expected)
        if found is None or found.clause != self.clause:
            return False
        if size(found.operations) >= size(self.best.operations):
            return False
        self.best = found
        return True

    def drop_operations(self) -> bool:
        """Leave out operations; tell whether some were.

        First all that have nothing to do with the last one, then all of a thread, runs, long ones first, and each two.
        """
        before = self.operations
        self.accepts(self._without(_apart(before)))
        for thread in _threads(before):
            self.accepts(self._without(_about(self.operations, thread)))
        length = len(self.operations) // 2 or 1
        while length:
            start = len(self.operations) - length
            while start >= 0:
                self.accepts(self._without(range(start, start + length)))
                start = min(start - length, len(self.operations) - length)
            length //= 2
        if len(self.operations) <= _FEW:
            any(self.accepts(self._without(two)) for two in combinations(range(len(self.operations)), 2))
        return self.operations != before

    def _without(self, dropped: Collection[int]) -> tuple[Step, ...]:
        """Return the program without some operations, its cursors and its threads numbered anew."""
        kept: list[Step] = []
        cursors, threads = _Numbers(CURSOR_PREFIX), _Numbers(THREAD_PREFIX)
        for index, operation in enumerate(self.operations):
            if index not in dropped:
                kept.append(_renumbered(operation, cursors, threads))
            if isinstance(operation, LISTINGS) and index not in self.best.refused:
                cursors.count(kept=index not in dropped)
            if isinstance(operation, MAKERS):
                threads.count(kept=index not in dropped)
        return tuple(kept)

    def simplify_operations(self) -> bool:
        """Replace each operation's values by simpler ones; tell whether some were."""
        before, index = self.operations, 0
        while index < len(self.operations):
            index += not self._simplify(index)
        return self.operations != before

    def _simplify(self, index: int) -> bool:
        operations = self.operations
        return any(
            self.accepts((*operations[:index], variant, *operations[index + 1 :]))
            for variant in lighter(operations[index])
        )


def _threads(operations: Sequence[Step]) -> tuple[str, ...]:
    """Return the threads that operations make or are about, the last first."""
    made = (f"{THREAD_PREFIX}{number}" for number in range(sum(isinstance(each, MAKERS) for each in operations)))
    named = (getattr(each, "thread_id", None) for each in operations)
    return tuple(reversed(dict.fromkeys([*made, *(name for name in named if isinstance(name, str))])))


def _about(operations: Sequence[Step], thread: str) -> set[int]:
    """Return the places of the operations that make a thread or are about it."""
    makers = [place for place, each in enumerate(operations) if isinstance(each, MAKERS)]
    number = number_of(thread)
    made_at = makers[number : number + 1] if number is not None else []
    return {*made_at, *(place for place, each in enumerate(operations) if getattr(each, "thread_id", None) == thread)}


def _apart(operations: Sequence[Step]) -> set[int]:
    """Return the places of the operations about threads that the last operation's thread does not come of."""
    apart: set[int] = set()
    number = sum(isinstance(each, MAKERS) for each in operations[:-1])
    wanted = _named_by(operations[-1])
    for place in reversed(range(len(operations) - 1)):
        operation = operations[place]
        named = made = _named_by(operation)
        if isinstance(operation, MAKERS):
            number -= 1
            made = {f"{THREAD_PREFIX}{number}"}
        if made & wanted:
            wanted |= named
        elif made or isinstance(operation, LISTINGS):
            apart.add(place)
    return apart


def _named_by(operation: Step) -> set[str]:
    named = (getattr(operation, name, None) for name in ("thread_id", "parent_thread_id", "forked_from_id"))
    return {name for name in named if isinstance(name, str)}


@define
class _Numbers:
    """The names of what a program makes, before some of its operations were dropped and after."""

    _prefix: str
    _new: dict[str, str] = field(factory=dict)
    _before: int = 0
    _after: int = 0

    def count(self, *, kept: bool) -> None:
        """Take note of an operation that makes the next of them."""
        if kept:
            self._new[f"{self._prefix}{self._before}"] = f"{self._prefix}{self._after}"
            self._after += 1
        self._before += 1

    def get(self, name: str) -> str | None:
        """Return the new name, or nothing when what it named is not made any more."""
        return self._new.get(name)


def _renumbered(operation: Any, cursors: _Numbers, threads: _Numbers) -> Any:
    def renamed(text: str) -> str:
        name = text.removeprefix(PATH_PREFIX)
        number = number_of(name)
        if number is None:
            return text
        return text.removesuffix(name) + (threads.get(name) or unmade_id(number))

    operation = with_texts(operation, renamed)
    cursor = getattr(operation, "cursor", None)
    if not isinstance(cursor, str) or not cursor.startswith(CURSOR_PREFIX):
        return operation
    return attrs.evolve(operation, cursor=cursors.get(cursor) or f"{CURSOR_PREFIX}gone")
