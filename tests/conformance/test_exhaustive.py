"""Exhaustive programs: nothing is left out but renamings, everything is counted, and what they show is short."""

from __future__ import annotations

from itertools import product
from typing import Any

import attrs
import pytest

from threadstore import ArchiveThreadParams, Backend, CreateThreadParams, UpdateThreadMetadataParams
from threadstore.model import step
from threadstore.state import State
from threadstore_backends.broken.stores import MUTANTS
from threadstore_backends.local import BACKEND as LOCAL
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance.exhaustive.alphabet import deeds
from threadstore_conformance.exhaustive.bounded import MAX_ITEMS, abstract, explore, shortest_way, tour
from threadstore_conformance.exhaustive.driver import INTERLEAVED, Exhaustive, _programs
from threadstore_conformance.exhaustive.running import Exhaustion
from threadstore_conformance.lockstep import Difference
from threadstore_conformance.results import Run

_EACH = len(deeds()[0])


def _first_named(program: tuple[int, ...], each: int) -> tuple[int, ...]:
    """Return the program with its threads named in the order in which it speaks of them."""
    names: dict[int, int] = {}
    return tuple(names.setdefault(number // each, len(names)) * each + number % each for number in program)


def _sorted_by_thread(program: tuple[int, ...], each: int) -> tuple[int, ...]:
    """Return the program with the operations of its first thread before those of its second."""
    return tuple(sorted(program, key=lambda number: number // each))


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_short_programs_are_all_there_but_for_the_names_of_threads(length: int) -> None:
    """Ensure every program of two threads with three operations each is run, under one of its two namings, once."""
    every = {_first_named(program, 3) for program in product(range(6), repeat=length)}
    programs = list(_programs(length, 3, 2))
    assert set(programs) == every
    assert len(programs) == len(every)


def test_longer_programs_leave_out_nothing_but_the_order_between_threads() -> None:
    """Ensure beyond the limit each program is run with the operations of one thread before those of the other."""
    length = INTERLEAVED + 1
    every = {_sorted_by_thread(_first_named(program, 2), 2) for program in product(range(4), repeat=length)}
    programs = list(_programs(length, 2, 2))
    assert set(programs) == every
    assert len(programs) == len(every)


def test_operations_on_different_threads_commute_in_the_model() -> None:
    """Ensure the order that longer programs leave out changes no state that the bounded model tells apart."""
    bounded_states = [State(MEMORY.capabilities)]
    for operation in deeds()[0]:
        bounded_states.append(step(bounded_states[0], operation)[0])
    for state in bounded_states:
        for one, other in product(*deeds()):
            here, there = step(step(state, one)[0], other)[0], step(step(state, other)[0], one)[0]
            assert abstract(here) == abstract(there), f"{one} and {other}"


def test_a_refusal_is_followed_by_everything() -> None:
    """Ensure an operation that changes nothing is no dead end."""
    refused = next(n for n, deed in enumerate(deeds()[0]) if isinstance(deed, ArchiveThreadParams))
    followers = {program[1] for program in _programs(2, _EACH, 2) if program[0] == refused}
    assert followers == set(range(2 * _EACH))


def test_the_programs_of_a_depth_are_counted() -> None:
    """Ensure the counts are those of the programs: each one's operations, and everything read after it."""
    exhaustive = Exhaustive(MEMORY)
    exhaustive.programs(2)
    done = exhaustive.coverage
    assert done.programs == _EACH + 2 * _EACH**2
    sights = 2 * 3 + 4
    assert done.operations == _EACH * (1 + sights) + 2 * _EACH**2 * (2 + sights)
    assert {outcome for _, outcome in done.outcomes} >= {"ok", "thread_not_found", "invalid_request", "conflict"}


@pytest.mark.parametrize("backend", [MEMORY, LOCAL], ids=lambda backend: backend.name)
def test_the_tour_takes_every_transition(backend: Backend) -> None:
    """Ensure the tour of one thread goes everywhere, in not much more operations than there are transitions."""
    exhaustive = Exhaustive(backend, threads=1)
    exhaustive.tour()
    done = exhaustive.coverage
    bounded = explore(backend.capabilities, deeds(1)[0])
    assert done.taken == {(place, number) for place, edges in bounded.leads.items() for number in edges}
    assert (done.states, done.transitions) == (len(bounded.leads), len(done.taken))
    assert len(tour(bounded)) < 2 * done.transitions


def test_the_bounded_model_of_two_threads_is_the_product_of_what_each_can_be() -> None:
    """Ensure all states of two threads are reached, and their tour would take every transition of every one."""
    operations = tuple(deed for each in deeds() for deed in each)
    alone, both = explore(MEMORY.capabilities, deeds(1)[0]), explore(MEMORY.capabilities, operations)
    assert len(both.leads) == len(alone.leads) ** 2
    assert both.transitions == 2 * alone.transitions * len(alone.leads)
    assert all(thread[-1] <= MAX_ITEMS for place in both.leads for thread in place)


def test_the_shortest_way_leads_where_it_says() -> None:
    """Ensure each state is reached by its shortest way, of which no beginning reaches it."""
    operations = deeds(1)[0]
    bounded = explore(MEMORY.capabilities, operations)
    for place in bounded.leads:
        state, passed = State(MEMORY.capabilities), []
        for number in shortest_way(bounded, place):
            passed.append(abstract(state))
            state, _ = step(state, operations[number])
        assert abstract(state) == place
        assert place not in passed


@pytest.mark.parametrize("name", ["creates-twice", "discards-what-is-empty", "lists-the-archived-as-active"])
def test_what_exhaustive_programs_show_is_short(name: str) -> None:
    """Ensure a broken store falls to them, by a program of few operations of the clause that it breaks."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    with pytest.raises(Difference) as shown:
        Exhaustion(backend=mutant.backend(), run=Run()).check()
    assert shown.value.clause in mutant.clauses
    assert len(shown.value.operations) <= 6


def test_the_tour_finds_what_short_programs_do_not() -> None:
    """Ensure a fault that takes a longer life is found by the tour, and told by few operations."""
    deep = attrs.evolve(MEMORY, open=lambda home, **given: _MisnamesAfterAnArchive(MEMORY.open(home, **given)))
    Exhaustive(deep).programs(2)
    with pytest.raises(Difference) as far:
        Exhaustive(deep, threads=1).tour()
    assert len(far.value.operations) < len(tour(explore(MEMORY.capabilities, deeds(1)[0]))) / 10
    with pytest.raises(Difference) as shown:
        Exhaustion(backend=deep, run=Run()).check()
    assert [type(operation) for operation in shown.value.operations] == [
        CreateThreadParams,
        ArchiveThreadParams,
        UpdateThreadMetadataParams,
    ]


class _MisnamesAfterAnArchive:
    """A store that gives a thread another name than it is told, once it has archived one."""

    def __init__(self, good: Any) -> None:
        self._good = good
        self._archived = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._good, name)

    def archive_thread(self, params: Any) -> Any:
        self._archived = True
        return self._good.archive_thread(params)

    def update_thread_metadata(self, params: UpdateThreadMetadataParams) -> Any:
        if self._archived and params.patch.name:
            params = attrs.evolve(params, patch=attrs.evolve(params.patch, name="another"))
        return self._good.update_thread_metadata(params)
