"""The bounded model: all states of two threads with short histories, and all transitions between them, counted.

A state is told by what the alphabet can make of it; values that a store chooses do not count. The tour is one program
that takes every transition, for stores on which running every program would take too long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from threadstore import Capabilities, Operation
from threadstore.model import step
from threadstore.state import State

#: Items of a history, its own SessionMeta apart.
MAX_ITEMS = 2

#: A state of the bounded model.
Abstract: TypeAlias = Any
#: An operation in a state, by its number.
Transition: TypeAlias = tuple[Abstract, int]


@frozen
class Bounded:
    """The bounded model of a store with some capabilities."""

    start: Abstract
    #: Where each operation leads from each state; none where the history would grow too long.
    leads: Mapping[Abstract, Mapping[int, Abstract]]

    @property
    def transitions(self) -> int:
        """How many transitions there are."""
        return sum(len(edges) for edges in self.leads.values())


def abstract(state: State) -> Abstract:
    """Return what tells a state of the bounded model from another."""
    return tuple(
        sorted(
            (thread_id, thread.live, thread.visible, thread.archived, thread.record.name, thread.record.preview,
             sum(1 for _ in thread.history) - 1)
            for thread_id, thread in state.threads.items()
        )
    )  # fmt: skip


def explore(capabilities: Capabilities, operations: Iterable[Operation]) -> Bounded:
    """Return the bounded model: every state that the operations reach, and where each leads."""
    numbered = tuple(enumerate(operations))
    first = State(capabilities)
    leads: dict[Abstract, dict[int, Abstract]] = {abstract(first): {}}
    ahead = deque([first])
    while ahead:
        state = ahead.popleft()
        edges = leads[abstract(state)]
        for number, operation in numbered:
            after, _ = step(state, operation)
            place = abstract(after)
            if any(thread[-1] > MAX_ITEMS for thread in place):
                continue
            edges[number] = place
            if place not in leads:
                leads[place] = {}
                ahead.append(after)
    return Bounded(abstract(first), leads)


def tour(bounded: Bounded) -> list[int]:
    """Return a program, by numbers of operations, that takes every transition: each time the nearest not yet taken."""
    left = {place: set(edges) for place, edges in bounded.leads.items()}
    program: list[int] = []
    place = bounded.start
    while True:
        way = _nearest(bounded, place, lambda here: bool(left[here]))
        if way is None:
            return program
        numbers, there = way
        for number in (*numbers, min(left[there])):
            left[place].discard(number)
            program.append(number)
            place = bounded.leads[place][number]


def shortest_way(bounded: Bounded, place: Abstract) -> list[int]:
    """Return a shortest program, by numbers of operations, that leads to a state."""
    way = _nearest(bounded, bounded.start, lambda here: bool(here == place))
    assert way is not None, "every state was reached from the start"
    return way[0]


def _nearest(
    bounded: Bounded, place: Abstract, wanted: Callable[[Abstract], bool]
) -> tuple[list[int], Abstract] | None:
    """Return the shortest way from a state to one that is wanted, and that state."""
    ways: dict[Abstract, list[int]] = {place: []}
    ahead = deque([place])
    while ahead:
        here = ahead.popleft()
        if wanted(here):
            return ways[here], here
        for number, there in bounded.leads[here].items():
            if there not in ways:
                ways[there] = [*ways[here], number]
                ahead.append(there)
    return None
