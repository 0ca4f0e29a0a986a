"""The teeth of level session: each broken session layer is rejected, by a check that names the clause it breaks."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from threadstore_backends.broken.layers import LAYERS
from threadstore_backends.broken.passing import Passing
from threadstore_backends.broken.swapped import Layer, layer, over
from threadstore_backends.broken.unusual_layers import LAYERS as UNUSUAL
from threadstore_conformance.directed import all_checks, failures
from threadstore_conformance.generation import Generation
from threadstore_conformance.lockstep import Difference
from threadstore_conformance.results import Run
from threadstore_conformance.spec_text import load_clauses

from .rejecting import crashes, found_broken

SESSION_CHECKS = tuple(check for check in all_checks() if check.port == "manager")

#: Of how many layers one is run against generated programs, and how many programs it gets.
EVERY, PROGRAMS = 20, 10


def test_there_are_enough_layers_and_each_has_one_name() -> None:
    """Ensure the table holds twenty layers or more, no name twice, and only clauses that exist."""
    names = [each.name for each in LAYERS]
    assert len(names) >= 20
    assert sorted(set(names)) == sorted(names)
    known = load_clauses().keys()
    assert [each.name for each in LAYERS if not each.clauses or not known >= set(each.clauses)] == []


def test_every_demand_of_the_level_has_a_layer_that_breaks_it() -> None:
    """Ensure each MUST clause of the level, and the SHOULD of last turns, is among those that are seen to reject."""
    level = {clause_id for clause_id, clause in load_clauses().items() if clause.level == "session"}
    assert level - {clause_id for each in LAYERS for clause_id in each.clauses} == set()


@pytest.mark.parametrize("broken", LAYERS, ids=lambda broken: broken.name)
def test_a_layer_is_rejected_by_the_clause_it_breaks(broken: Layer) -> None:
    """Ensure checks of every clause that a layer breaks reject it, and none of them fails for another reason."""
    for clause_id in broken.clauses:
        found = found_broken(broken.backend(), clause_id, broken.story)
        assert not crashes(found), f"{broken.name} crashes: {crashes(found)}"


@pytest.mark.parametrize("unusual", UNUSUAL, ids=lambda unusual: unusual.name)
def test_a_layer_that_does_what_the_spec_allows_passes_every_check(unusual: Layer) -> None:
    """Ensure no check demands more than the spec: late facts, more updates, markers and other errors are right."""
    assert _rejections(unusual) == {}


def test_an_unbroken_layer_passes_every_check() -> None:
    """Ensure what broken layers are made of is innocent, so that what is rejected is the one thing they break."""
    assert _rejections(layer(part="thread_manager.cut", store=over(Passing))(passes_on)) == {}


def passes_on(good: Any, *args: Any) -> Any:
    """Does what the good part does."""
    return good(*args)


def test_generated_programs_alone_reject_layers(record_property: Callable[[str, object], None]) -> None:
    """Ensure the session machine finds a third of a sample of layers, and say which it did not find."""
    sample = LAYERS[::EVERY]
    missed = [broken.name for broken in sample if not _falls_to_programs(broken)]
    record_property("missed by the session machine", f"{len(missed)} of {len(sample)}: {', '.join(missed)}")
    assert len(missed) <= len(sample) * 2 // 3


@pytest.mark.parametrize("unusual", UNUSUAL, ids=lambda unusual: unusual.name)
def test_generated_programs_accept_what_the_spec_allows(unusual: Layer) -> None:
    """Ensure the session model leaves open what the spec leaves open."""
    assert not _falls_to_programs(unusual)


def test_a_part_is_in_its_place_only_while_its_manager_works() -> None:
    """Ensure a broken layer breaks nothing else in the process."""
    broken = next(each for each in LAYERS if each.part == "thread_manager.cut")
    module, name = importlib.import_module("threadstore.thread_manager"), "cut"
    good = getattr(module, name)
    with broken.in_place():
        assert getattr(module, name) is broken.other
    assert getattr(module, name) is good


def _rejections(of: Layer) -> dict[str, Exception]:
    return {check.name: error for check, error in failures(of.backend(), SESSION_CHECKS).items()}


def _falls_to_programs(broken: Layer) -> bool:
    # Without the search for the smallest program, which nobody is shown here.
    generation = Generation(
        backend=broken.backend(), port="manager", run=Run(), examples=PROGRAMS, budget=1, patient=False
    )
    try:
        generation.check()
    except Difference:
        return True
    return False
