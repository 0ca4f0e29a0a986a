"""The shortest programs known: each rejects the mutant that it was found on, and nothing that conforms."""

from __future__ import annotations

from typing import Any

import pytest

from support.command import threadstore
from threadstore import Backend, FlushThreadParams, ManualClock
from threadstore.reference_store import ReferenceStore
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance import Difference
from threadstore_conformance.mutants.library import find_mutants
from threadstore_conformance.report import known_of, told, words_of
from threadstore_conformance.results import Failure
from threadstore_conformance.running import run_program
from threadstore_conformance.shortest import known_clauses, path_of, shortest_known
from threadstore_conformance.spec_text import load_clauses

#: The most operations that a known program has.
MOST = 8


def test_most_clauses_have_one() -> None:
    """Ensure programs are known for clauses that exist, and for most of them."""
    assert set(known_clauses()) <= set(load_clauses())
    assert len(known_clauses()) >= len(load_clauses()) * 4 // 5


@pytest.mark.parametrize("clause_id", known_clauses())
def test_a_known_program_rejects_its_mutant_by_its_clause(clause_id: str) -> None:
    """Ensure the program shows the clause broken: the mutant breaks it, first of all or as lockstep says."""
    known = shortest_known(clause_id)
    assert known is not None
    assert len(known.operations) <= MOST
    mutant = find_mutants(names=[known.backend])[0].mutant
    with pytest.raises(Difference) as caught:
        run_program(mutant.backend(), known.operations, known.port)
    assert clause_id in mutant.clauses
    assert known.clause == caught.value.clause
    assert clause_id in (known.clause, mutant.clauses[0])
    assert caught.value.operations == known.operations


@pytest.mark.parametrize("clause_id", known_clauses())
def test_a_known_program_accepts_what_conforms(clause_id: str) -> None:
    """Ensure the model's own store, the memory store, and the reference session layer above it pass."""
    known = shortest_known(clause_id)
    assert known is not None
    run_program(MEMORY, known.operations, known.port)
    if known.port == "store" and not known.capabilities.paths:
        run_program(_of_the_model(known), known.operations)


def _of_the_model(known: Any) -> Backend:
    def opened(home: Any, *, clock: ManualClock) -> Any:
        return ReferenceStore(known.capabilities, clock)

    return Backend(name="model", open=opened, capabilities=known.capabilities)


def test_what_is_known_stands_below_a_failure_that_is_longer() -> None:
    """Ensure the shortest program is shown when the failure's own is longer or not to be had, and only then."""
    known = shortest_known("APPEND-1")
    assert known is not None
    flush = FlushThreadParams(thread_id="01900000-0000-7000-8000-000000000001")
    for operations in (known.operations, (flush,), (flush,) * len(known.operations)):
        assert known_of(Failure(clause="APPEND-1", message="", operations=operations, python="")) is None
    longer = Failure(clause="APPEND-1", message="", operations=(*known.operations, flush), python="", target="mine:IT")
    assert known_of(longer) is not None
    assert "It runs by: threadstore replay APPEND-1 mine:IT" in told(longer)
    other = known_of(Failure(clause="APPEND-1", message="", operations=(), python=""))
    assert other is not None
    assert f"on the mutant {known.backend}" in other[0]
    assert len(other[1]) == len(known.operations)
    assert known_of(Failure(clause="NONE-1", message="", operations=(), python="")) is None


def test_what_lockstep_calls_by_another_name_is_told() -> None:
    """Ensure a program that breaks a clause by another's name says so, below a failure and when it is replayed."""
    clause_id, known = next(
        (clause_id, known)
        for clause_id in known_clauses()
        if (known := shortest_known(clause_id)) and known.clause != clause_id
    )
    words = words_of(known, clause_id)
    assert words.endswith(f"on the mutant {known.backend}), which lockstep calls {known.clause}")
    assert f"{words}:" in told(Failure(clause=clause_id, message="", operations=(), python=""))
    assert words in threadstore("replay", clause_id, "memory").stdout
    assert "which lockstep calls" not in words_of(known, str(known.clause))


def test_what_is_not_known_is_nowhere() -> None:
    """Ensure a clause without a program has none, and says where it would be."""
    assert shortest_known("NONE-1") is None
    assert path_of("NONE-1").name == "NONE-1.trace.json"
