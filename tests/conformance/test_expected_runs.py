"""Runs that fail in known ways: how a program goes on past them, and what a certificate says of them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import attrs
import pytest

import threadstore as ts
from support.known import ANY, LOST_NAME, TURNS
from support.products import DEAF, NAMELESS, Deaf, Miscounting, Product, product
from threadstore_conformance import Difference
from threadstore_conformance.expected import Expectation, Expected
from threadstore_conformance.generation import Generation
from threadstore_conformance.known import known_results
from threadstore_conformance.lab import user_message
from threadstore_conformance.process import RestartParams, fresh_process
from threadstore_conformance.results import Run
from threadstore_conformance.running import run_program
from threadstore_conformance.session_lockstep import SessionLockstep

THREAD = "@thread:0"
UNKNOWN = "01900000-0000-7000-8000-00000000ffff"

START = ts.StartParams()
APPEND = ts.AppendThreadItemsParams(thread_id=THREAD, items=[user_message("one")])
RENAME = ts.UpdateThreadMetadataParams(thread_id=THREAD, patch=ts.ThreadMetadataPatch(name="named"))
READ = ts.ReadThreadParams(thread_id=THREAD, include_archived=True)

# --- Programs that go on -----------------------------------------------------------------------------------------


class Misnaming(Miscounting):
    """Tells of a turn too many, and of a name that nobody gave."""

    def start_thread(self, params: ts.StartParams, /) -> ts.LoadedThread:
        return attrs.evolve(super().start_thread(params), name="nobody's")


class Mute(Miscounting, Deaf):
    """Tells of a turn too many, and leaves out of a turn what was said."""


class Listless(Product):
    """Shows no names in lists."""

    def list_threads(self, params: ts.ListThreadsParams, /) -> ts.ThreadPage:
        page = super().list_threads(params)
        return attrs.evolve(page, items=tuple(attrs.evolve(each, name=None) for each in page.items))


class Refusing(Product):
    """Refuses names."""

    def update_thread_metadata(self, params: ts.UpdateThreadMetadataParams, /) -> ts.StoredThread:
        raise ts.InvalidRequest("no names here")


class Lenient(Deaf):
    """Deletes and archives what is not there, and leaves out of a turn what was said."""

    def archive_thread(self, params: ts.ArchiveThreadParams, /) -> None:
        with suppress(ts.ThreadNotFound):
            super().archive_thread(params)

    def delete_thread(self, params: ts.DeleteThreadParams, /) -> None:
        with suppress(ts.ThreadNotFound):
            super().delete_thread(params)


def _seen(layer: type[Product]) -> ts.ManagerBackend:
    return attrs.evolve(product(layer), unseen=frozenset())


def _ran(backend: ts.ManagerBackend, program: list[Any], *known: Expectation) -> SessionLockstep:
    """Run a program, all looked at in the end, and return the lockstep."""
    clock = ts.ManualClock()
    with fresh_process(backend, clock) as process:
        lockstep = SessionLockstep(process, clock, expected=Expected(known))
        for operation in program:
            lockstep.run(operation)
        lockstep.observe()
        return lockstep


def test_a_program_goes_on_past_a_known_field() -> None:
    """Ensure what comes after a known difference is run and compared, and each time that it is met counts."""
    program = [START, RENAME, APPEND, RestartParams(), READ, READ]
    with pytest.raises(Difference, match="at name: expected 'named', got None"):
        run_program(NAMELESS, program, "manager")
    lockstep = _ran(NAMELESS, program, LOST_NAME)
    assert not lockstep.over
    assert lockstep.tally.outcomes["read_thread", "ok"] > 2
    assert lockstep.tally.outcomes["list_threads", "ok"] == 4
    # Two reads, the look in the end, and the thread on two pages.
    assert lockstep.expected.met == {LOST_NAME: 5}
    assert str(lockstep.expected.first[LOST_NAME]).startswith("read_thread breaks ")


def test_another_difference_still_fails() -> None:
    """Ensure a program that went on past what is known ends at what is not."""
    with pytest.raises(Difference) as caught:
        _ran(_seen(Mute), [START, APPEND], TURNS)
    assert (caught.value.clause, caught.value.path) == ("ROUTE-2", "items")


def test_another_difference_in_the_same_answer_still_fails() -> None:
    """Ensure one known field does not hide another that is as wrong beside it."""
    with pytest.raises(Difference, match='at name: expected None, got "nobody\'s"'):
        _ran(_seen(Misnaming), [START], TURNS)
    name = Expectation(finding="F-1", clauses=ANY, says="nobody's", path="name")
    assert _ran(_seen(Misnaming), [START], TURNS, name).expected.met == {TURNS: 1, name: 1}


def test_a_known_field_of_one_thread_is_not_that_of_another() -> None:
    """Ensure what is known of one place in a page leaves the same field of the next thread to be compared."""
    program = [START, RENAME, APPEND]
    again = [attrs.evolve(each, **({"thread_id": "@thread:1"} if each is not START else {})) for each in program]
    first = Expectation(finding="F-1", clauses=ANY, says="got None", path=r"items\[0\]\.name")
    assert _ran(product(Listless), program, first).expected.met == {first: 2}
    with pytest.raises(Difference, match=r"at items\[1\]\.name: expected 'named', got None"):
        _ran(product(Listless), [*program, *again], first)


def test_a_known_refusal_leaves_the_model_as_it_was() -> None:
    """Ensure what was refused has not happened: the program goes on with threads as they were before."""
    refused = Expectation(finding="F-1", clauses=("ROUTE-1",), says="no names here", path="error")
    lockstep = _ran(product(Refusing), [START, RENAME, APPEND, READ], refused)
    assert lockstep.expected.met == {refused: 1}
    assert not lockstep.over
    assert [thread.record.name for thread in lockstep.state.store.threads.values()] == [None]


def test_a_known_success_that_should_be_none_ends_the_program() -> None:
    """Ensure nothing is compared where nobody knows what is there, and what was deaf goes unnoticed."""
    archived = Expectation(finding="F-1", clauses=("ROUTE-2",), says="archive_thread breaks", path="")
    program = [START, ts.ArchiveThreadParams(thread_id=UNKNOWN), APPEND]
    with pytest.raises(Difference, match="append_items breaks"):
        run_program(product(Lenient), [START, APPEND], "manager")
    lockstep = _ran(product(Lenient), program, archived)
    assert lockstep.over
    assert lockstep.tally.cut == {"a known difference of archive_thread": 1}
    assert lockstep.tally.outcomes["append_items", "ok"] == 0


def test_a_program_that_is_over_is_judged_no_more() -> None:
    """Ensure neither the look that ended it, nor what would come after it, shows anything: it ended once."""
    lost = Expectation(finding="F-1", clauses=ANY, says="^append_items breaks", path="items")
    lockstep = _ran(product(Lenient), [START, APPEND, RENAME, READ, ts.ListThreadsParams(page_size=10)], lost)
    assert lockstep.over
    assert lockstep.tally.cut == {"a known difference in what was appended": 1}
    assert lockstep.expected.met == {lost: 1}
    assert len(lockstep.operations) == 2


def test_a_known_deletion_of_nothing_leaves_nothing_open() -> None:
    """Ensure a program goes on past a deletion of what was not stored, which can have lost a session alone."""
    deleted = Expectation(finding="F-1", clauses=("ROUTE-2",), says="delete_thread breaks", path="")
    with pytest.raises(Difference, match="append_items breaks"):
        _ran(product(Lenient), [START, ts.DeleteThreadParams(thread_id=UNKNOWN), APPEND], deleted)


def test_a_program_that_is_run_again_knows_what_is_expected() -> None:
    """Ensure a program alone goes on past the same differences as a generated one."""
    program = [START, RENAME, RestartParams(), READ]
    run_program(NAMELESS, program, "manager", expected=Expected((LOST_NAME,)))
    with pytest.raises(Difference):
        run_program(NAMELESS, program, "manager", expected=Expected((TURNS,)))


# --- Generated programs ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known_run() -> Run:
    """A run of generated programs over a product that fails in a known way, and in no other."""
    run = Run(expected=Expected((LOST_NAME, TURNS)))
    Generation(backend=NAMELESS, run=run, port="manager", examples=20, budget=40).check()
    return run


def test_generated_programs_go_on_past_what_is_known(known_run: Run) -> None:
    """Ensure a known failure ends neither a program nor the run."""
    assert known_run.programs_run == {"manager": 20}
    assert known_run.expected.met[LOST_NAME] > 1
    assert known_run.expected.stale == (TURNS,)


def test_a_known_failure_is_shown_by_its_smallest_program() -> None:
    """Ensure each expectation that was met becomes one failure, small, of a finding, and is not counted again."""
    run = Run(expected=Expected((LOST_NAME,)))
    with pytest.raises(Difference) as caught:
        run_program(NAMELESS, (START, READ, APPEND, RENAME, READ, APPEND, RestartParams(), READ, APPEND), "manager")
    run.expected.meets(caught.value)
    met = run.expected.met.copy()
    [result] = known_results(run, NAMELESS, "support.products:NAMELESS")
    assert (result.outcome, result.check) == ("failed", "generated programs: F-name")
    assert result.failure is not None
    assert result.failure.finding == "F-name"
    assert result.failure.clause in LOST_NAME.clauses
    assert len(result.failure.operations) <= 6
    assert run.expected.met == met


def test_what_a_smaller_program_shows_anew_is_a_failure() -> None:
    """Ensure nothing new is lost with the steps of a program that was to show what is known."""
    run = Run(expected=Expected((LOST_NAME,)))
    program = (START, RENAME, APPEND, RestartParams(), READ)
    with pytest.raises(Difference) as caught:
        run_program(NAMELESS, program, "manager")
    run.expected.meets(caught.value)
    # By the time that it is made smaller, the product is deaf too.
    known, new = known_results(run, DEAF, "support.products:DEAF")
    assert known.failure is not None
    assert (known.failure.finding, known.failure.path) == ("F-name", "name")
    assert new.failure is not None
    assert (new.failure.finding, new.failure.path) == ("", "items")
    assert (new.outcome, new.check) == ("failed", "generated programs: ROUTE-2")
