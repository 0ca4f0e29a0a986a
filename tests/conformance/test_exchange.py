"""Two session layers in turn on one home: each is held to read what the other wrote."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import StoredThread
from threadstore.registration import ManagerBackend
from threadstore_backends.local.managed import LocalManager, managed
from threadstore_conformance.exchange import exchanged
from threadstore_conformance.expected import Expectation, Expected
from threadstore_conformance.process import HandOverParams
from threadstore_conformance.results import Run
from threadstore_conformance.spec_text import load_clauses

ONE = managed("default")
OTHER = evolve(ONE, name="other")


#: The name that is lost, wherever it is missed.
LOST = Expectation(finding="x1", clauses=tuple(load_clauses()), path="name", says="got None")


class Nameless(LocalManager):
    """Shows no name, so that only what the other one gave a thread is missing."""

    def read_thread(self, params: Any, /) -> StoredThread:
        return evolve(super().read_thread(params), name=None)


def nameless() -> ManagerBackend:
    return evolve(
        OTHER,
        open=lambda home, *, settings, clock: Nameless(
            home, settings=settings, clock=clock, profile="default", folder="codex"
        ),
    )


def test_two_that_keep_homes_alike_agree() -> None:
    """Ensure programs in which the home goes to and fro show no difference, and hand it over at all."""
    run = Run()
    assert exchanged((ONE, OTHER), run, examples=12, steps=20, first_seed=1) is None
    assert run.programs_run["manager"] == 12
    assert run.tallies["manager"].rules["exchange"] > 0


def test_what_the_other_wrote_must_be_read() -> None:
    """Ensure one that reads the other's home otherwise is found out, and the program says who had it when."""
    difference = exchanged((ONE, nameless()), Run(), examples=30, steps=20, first_seed=1)
    assert difference is not None
    assert difference.path == "name"
    assert HandOverParams(to="other") in difference.operations


def test_what_is_expected_is_passed_over() -> None:
    """Ensure a known difference is counted, and others are looked for."""
    known = Expected((LOST,))
    assert exchanged((ONE, nameless()), Run(), examples=12, steps=20, first_seed=1, known={"other": known}) is None
    assert known.met[LOST] > 0


def test_what_is_expected_of_one_excuses_no_other() -> None:
    """Ensure a failure that is known of the first of two is still one of the second."""
    known = {ONE.name: Expected((LOST,))}
    difference = exchanged((ONE, nameless()), Run(), examples=30, steps=20, first_seed=1, known=known)
    assert difference is not None
    assert difference.path == "name"
