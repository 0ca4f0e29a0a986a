"""The smallest program that shows a difference: smaller than what was found, minimal, and the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import pytest

import threadstore as ts
from support.faulty import FORGETFUL
from support.managers import MISLABELLING, Mislabelling
from threadstore_conformance import Difference
from threadstore_conformance.discovery import Registered
from threadstore_conformance.generation import Generation
from threadstore_conformance.lab import agent_message, user_message
from threadstore_conformance.mutants.library import find_mutants
from threadstore_conformance.process import RestartParams, WaitParams
from threadstore_conformance.results import Run
from threadstore_conformance.running import run_program
from threadstore_conformance.shrink import Smallest, size, smallest
from threadstore_conformance.simpler import lighter, weight

ONE, TWO = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"
_METADATA = ts.ThreadPersistenceMetadata(cwd="/src/project", model_provider="provider-a")

#: Stores whose programs grew with every look at them, when a look was kept that showed what another one had shown.
GREW = (
    "forgets-the-preview-with-history", "archives-anew", "hides-the-model-of-long-threads",
    "lists-archived-at-as-updated", "lists-no-archive",
)  # fmt: skip


def shown(backend: Registered, operations: Sequence[Any], port: Any = "store") -> Difference | None:
    try:
        run_program(backend, operations, port)
    except Difference as difference:
        return difference
    return None


def found(backend: Registered, operations: Sequence[Any], port: Any = "store") -> Smallest:
    difference = shown(backend, operations, port)
    assert difference is not None
    small = smallest(difference, backend)
    assert small is not None
    return small


def created(thread_id: str) -> tuple[Any, ...]:
    return (ts.CreateThreadParams(thread_id=thread_id, originator="me", metadata=_METADATA),)


def appended(thread_id: str, *items: ts.RolloutItem) -> tuple[Any, ...]:
    return (ts.AppendThreadItemsParams(thread_id=thread_id, items=items),)


def mutant(name: str) -> Any:
    return find_mutants(names=[name])[0].mutant.backend()


@pytest.mark.parametrize("name", GREW)
def test_generated_programs_become_short(name: str) -> None:
    """Ensure a program does not grow while it is shrunk, and ends with a handful of operations."""
    with pytest.raises(Smallest) as caught:
        Generation(backend=mutant(name), run=Run(), examples=10).check()
    assert len(caught.value.operations) <= 6
    assert caught.value.minimal


PROGRAMS: dict[str, tuple[Registered, Any, tuple[Any, ...]]] = {
    "a store that loses items": (FORGETFUL, "store", (
        *created(ONE), *created(TWO), *appended(ONE, user_message("hello"), agent_message("hello yourself")),
        *appended(TWO, agent_message("one"), user_message("two"), user_message("three")),
        ts.ArchiveThreadParams(thread_id=ONE), WaitParams(milliseconds=1234),
    )),
    "a session layer that mislabels": (MISLABELLING, "manager", (
        ts.StartParams(), RestartParams(default_originator="someone"), ts.StartParams(service_name="CODEX_WORK_LOCAL"),
        ts.AppendThreadItemsParams(thread_id="@thread:1", items=(user_message("hello"),)),
        ts.ShutdownThreadParams(thread_id="@thread:1"), ts.ResumeParams(thread_id="@thread:1", metadata=_METADATA),
    )),
    "a store that lists no archived thread": (mutant("lists-no-archive"), "store", (
        *created(TWO), *created(ONE), *appended(ONE, agent_message("hello")), ts.ArchiveThreadParams(thread_id=ONE),
        ts.ListThreadsParams(page_size=100, archived=True, sort_direction="asc"),
    )),
}  # fmt: skip


@pytest.mark.parametrize("story", PROGRAMS)
def test_the_smallest_program_is_minimal(story: str) -> None:
    """Ensure nothing can be left out of it, and no value made simpler, so that it still breaks its clause."""
    backend, port, operations = PROGRAMS[story]
    small = found(backend, operations, port)
    assert small.minimal
    assert size(small.operations) < size(operations)
    smaller = [_without(small.operations, place) for place in range(len(small.operations))]
    for place, operation in enumerate(small.operations):
        smaller += [
            (*small.operations[:place], variant, *small.operations[place + 1 :]) for variant in lighter(operation)
        ]
    for candidate in smaller:
        again = shown(backend, candidate, port)
        assert again is None or again.clause != small.clause or size(again.operations) >= size(small.operations)


def _without(operations: tuple[Any, ...], place: int) -> tuple[Any, ...]:
    return operations[:place] + operations[place + 1 :]


@pytest.mark.parametrize("story", PROGRAMS)
def test_the_smallest_program_is_the_same_each_time(story: str) -> None:
    """Ensure nothing in the search is left to chance, nor to what was searched before."""
    backend, port, operations = PROGRAMS[story]
    first, second = (found(backend, operations, port) for _ in range(2))
    assert (first.operations, first.clause, first.runs) == (second.operations, second.clause, second.runs)
    assert found(backend, first.operations, port).operations == first.operations


def test_what_has_nothing_to_do_with_the_end_is_left_out_at_once() -> None:
    """Ensure threads that the last one does not come of cost one run together, and those that it comes of stay."""
    alone = found(MISLABELLING, _fork_resumed(0), "manager")
    among = found(MISLABELLING, (*[ts.StartParams()] * 20, *_fork_resumed(20)), "manager")
    assert among.operations == alone.operations
    assert among.runs <= alone.runs + 2


def _fork_resumed(number: int) -> tuple[Any, ...]:
    source, fork = (f"@thread:{each}" for each in (number, number + 1))
    return (
        ts.StartParams(service_name="CODEX_WORK_LOCAL"),
        ts.AppendThreadItemsParams(thread_id=source, items=(user_message("hello"),)),
        ts.ForkParams(thread_id=source, metadata=_METADATA),
        ts.ShutdownThreadParams(thread_id=fork),
        ts.ResumeParams(thread_id=fork, metadata=_METADATA),
    )


def test_data_is_shrunk_to_what_matters() -> None:
    """Ensure texts, numbers, optional fields and items that change nothing are gone."""
    small = found(*(PROGRAMS["a store that loses items"][0], PROGRAMS["a store that loses items"][2]))
    create, append, look = small.operations
    assert create == ts.CreateThreadParams(thread_id=create.thread_id, originator="")  # type: ignore[union-attr]
    assert isinstance(append, ts.AppendThreadItemsParams)
    assert append.items == (agent_message(""), agent_message(""))
    assert isinstance(look, ts.LoadThreadHistoryParams)


def test_a_search_is_cut_short_by_its_number_of_runs() -> None:
    """Ensure it ends with what it has, and does not say that this is minimal."""
    backend, port, operations = PROGRAMS["a store that loses items"]
    difference = shown(backend, operations, port)
    assert difference is not None
    small = smallest(difference, backend, budget=4)
    assert small is not None
    assert (small.runs, small.minimal) == (4, False)
    assert size(small.operations) <= size(difference.operations)


def test_a_difference_that_does_not_come_again_has_no_smallest_program() -> None:
    """Ensure a program that conforms is not shrunk."""
    backend, port, operations = PROGRAMS["a store that loses items"]
    difference = shown(backend, operations, port)
    assert difference is not None
    assert smallest(attrs.evolve(difference, operations=operations[:2]), backend) is None


class Choosy(Mislabelling):
    """Does not open in a process without an originator."""

    def __init__(self, store: Any, *, settings: ts.ProcessSettings, **more: Any) -> None:
        if not settings.default_originator:
            raise ValueError("an originator is needed")
        super().__init__(store, settings=settings, **more)


def test_what_does_not_open_shows_nothing() -> None:
    """Ensure a simpler program on which the backend does not open is left, and the search goes on."""
    operations = (
        ts.StartParams(), RestartParams(default_originator="me"), ts.ResumeParams(thread_id="@thread:0"),
    )  # fmt: skip
    restarts = [
        [each for each in found(backend, operations, "manager").operations if isinstance(each, RestartParams)]
        for backend in (MISLABELLING, attrs.evolve(MISLABELLING, session_layer=Choosy))
    ]
    assert restarts[0] == [RestartParams(default_originator="")]
    assert len(restarts[1]) == 1
    assert len(restarts[1][0].default_originator) == 1


@pytest.mark.parametrize(
    "value",
    [
        "text", "é\0", 1_780_000_000_123, -7, 2.5, [1, "two", {"three": 3}], {"a": {"b": [True]}},
        user_message("hello", images=["a"]), ts.RolloutItem("event_msg", ["no", "object"]),  # type: ignore[arg-type]
        ts.ThreadMetadataPatch(name="name", updated_at=17),
        ts.ListThreadsParams(page_size=3, archived=True, cwd_filters=("/a", "/b")),
    ],
    ids=repr,
)  # fmt: skip
def test_what_could_stand_in_the_place_of_a_value_is_lighter(value: Any) -> None:
    """Ensure each variant weighs less, so that taking one after another comes to an end with nothing left to take."""
    variants = list(lighter(value))
    assert variants
    assert all(weight(variant) < weight(value) for variant in variants)
    while variants:
        value = variants[-1]
        variants = list(lighter(value))
    assert weight(value) <= 1


@pytest.mark.parametrize(
    "value", ["", 0, None, False, (), {}, "@thread:1", agent_message(""), WaitParams(milliseconds=0)]
)
def test_the_simplest_values_have_no_simpler_ones(value: Any) -> None:
    """Ensure the search stops at them."""
    assert list(lighter(value)) == []
