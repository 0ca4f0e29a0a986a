"""Exhaustive programs: nothing is left out but renamings, and everything is counted."""

from __future__ import annotations

from itertools import product

import pytest

from threadstore import ArchiveThreadParams, Backend
from threadstore.model import step
from threadstore.state import State
from threadstore_backends.broken.stores import MUTANTS
from threadstore_backends.local import BACKEND as LOCAL
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance.exhaustive.alphabet import deeds
from threadstore_conformance.exhaustive.bounded import MAX_ITEMS, abstract, explore, shortest_way, tour
from threadstore_conformance.exhaustive.driver import INTERLEAVED, Exhaustive, _count, _programs
from threadstore_conformance.lockstep import Difference

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


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("length", range(1, INTERLEAVED + 3))
def test_how_many_programs_there_are_is_known_before(length: int, threads: int) -> None:
    """Ensure the number of programs of a length is that of those that are then run."""
    assert _count(length, 3, threads) == len(list(_programs(length, 3, threads)))


def test_a_run_that_ends_early_asked_for_more() -> None:
    """Ensure what a run was to do is told also where it does less."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "creates-twice")
    whole, tour_of_one, broken = Exhaustive(MEMORY), Exhaustive(MEMORY, threads=1), Exhaustive(mutant.backend())
    whole.programs(2)
    tour_of_one.tour()
    with pytest.raises(Difference):
        broken.programs(2)
    assert whole.coverage.asked == broken.coverage.asked == whole.coverage.programs > broken.coverage.programs > 0
    assert tour_of_one.coverage.asked == tour_of_one.coverage.programs == 1


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
