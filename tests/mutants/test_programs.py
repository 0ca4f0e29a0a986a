"""Generated programs for mutants are those that Hypothesis makes, drawn once and run on each of them."""

from __future__ import annotations

import copy

import pytest

from threadstore_conformance import Difference
from threadstore_conformance.discovery import find_backend
from threadstore_conformance.generation import Generation
from threadstore_conformance.mutants.library import find_mutants
from threadstore_conformance.mutants.programs import BUDGET, PROGRAMS, drawn_programs, run_programs
from threadstore_conformance.ports import PortName
from threadstore_conformance.results import Run


@pytest.mark.parametrize("name", ["keeps-seconds-for-the-second-thread", "copies-every-message"])
def test_a_mutant_falls_to_the_program_that_generation_finds(name: str) -> None:
    """Ensure what was drawn on another store is what is drawn on a mutant, down to the smallest program."""
    drawn_programs.cache_clear()
    (found,) = find_mutants(names=[name])
    backend = found.mutant.backend()
    with pytest.raises(Difference) as ours:
        run_programs(backend, found.port)
    with pytest.raises(Difference) as theirs:
        Generation(backend=backend, run=Run(), port=found.port, examples=PROGRAMS, budget=BUDGET).check()
    assert theirs.value.clause == ours.value.clause
    assert theirs.value.operations == ours.value.operations


@pytest.mark.parametrize("port", ["store", "manager"])
def test_a_good_store_conforms_and_leaves_what_was_drawn_as_it_is(port: PortName) -> None:
    """Ensure programs are drawn once, and running them spoils none of their values for the next mutant."""
    programs = drawn_programs(port)
    before = copy.deepcopy(programs)
    run_programs(find_backend("memory"), port)
    assert len(programs) == PROGRAMS
    assert all(programs)
    assert before == programs
    assert drawn_programs(port) is programs
