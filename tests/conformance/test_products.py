"""Products that take less than a manager does, and add to it: what is asked of them, and what of them is judged."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import attrs
import pytest

import threadstore as ts
from support.products import CHATTY, CHOOSY, DEAF, ECHOING, MISCOUNTING, NAMELESS, PRODUCT, Eager, asked, product
from threadstore_conformance import Difference
from threadstore_conformance.certify import Request, certify
from threadstore_conformance.checks.sessions import assert_facts
from threadstore_conformance.directed import all_checks, failures
from threadstore_conformance.generation import Generation
from threadstore_conformance.lab import user_message
from threadstore_conformance.process import fresh_process
from threadstore_conformance.results import Run
from threadstore_conformance.running import run_program
from threadstore_conformance.session_lab import SessionLab
from threadstore_conformance.session_lockstep import SessionLockstep

THREAD = "@thread:0"
UNKNOWN = "01900000-0000-7000-8000-00000000ffff"


def _generation(backend: ts.ManagerBackend, seed: int = 0) -> Generation:
    return Generation(backend=backend, run=Run(), port="manager", examples=40, seed=seed, budget=100)


def _shown(backend: ts.ManagerBackend, seed: int) -> Difference:
    """Return what the programs of a seed show."""
    with pytest.raises(Difference) as caught:
        _generation(backend, seed).check()
    return caught.value


def _append(*items: ts.RolloutItem) -> ts.AppendThreadItemsParams:
    return ts.AppendThreadItemsParams(thread_id=THREAD, items=items)


# --- Generated programs ------------------------------------------------------------------------------------------


def test_a_sound_product_conforms() -> None:
    """Ensure no program blames a product for what its turns add, and that the programs did something."""
    generation = _generation(PRODUCT)
    generation.check()
    tally = generation.run.tallies["manager"]
    assert generation.run.programs_run == {"manager": 40}
    for method in ("append_items", "spawn_thread", "fork_thread", "update_thread_metadata", "restart"):
        assert tally.ended[method, "ok"] > 10, method
    assert not any(method == "shutdown_thread" for method, _ in tally.outcomes)
    assert tally.unasked["shutdown_thread"] > 10


@pytest.mark.parametrize(
    ("backend", "clauses", "place"),
    [
        (DEAF, {"ROUTE-2"}, "items"),
        (ECHOING, {"ROUTE-2"}, "items"),
        (CHATTY, {"ORIG-2", "ROUTE-2"}, "items"),
        (NAMELESS, {"ROUTE-1", "RESUME-1"}, "name"),
        (CHOOSY, {"FORK-1"}, "items"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_broken_product_is_found(backend: ts.ManagerBackend, clauses: set[str], place: str) -> None:
    """Ensure what a product loses or adds unasked is named, and shown by a small program that it can be asked."""
    # Which program is found first depends on what else Hypothesis sees loaded.
    shown = list(map(partial(_shown, backend), range(4)))
    assert all(each.path.startswith(place) for each in shown)
    found = min((each for each in shown if each.clause in clauses), key=lambda each: len(each.operations))
    assert len(found.operations) <= 6
    assert [asked(operation) for operation in found.operations] == list(found.operations)
    with pytest.raises(Difference, match=found.clause):
        run_program(backend, found.operations, "manager")
    run_program(PRODUCT, found.operations, "manager")


def test_what_adds_without_saying_so_is_held_to_what_was_said() -> None:
    """Ensure turns may add to a history only where the backend declares it."""
    program = [ts.StartParams(), _append(user_message("one"))]
    run_program(PRODUCT, program, "manager")
    with pytest.raises(Difference, match="breaks ROUTE-2 at items"):
        run_program(attrs.evolve(PRODUCT, adds=False), program, "manager")


@pytest.mark.parametrize(("mode", "over"), [("full_history", True), ("new", False)])
def test_a_program_ends_where_a_spawn_shows_its_spawner(mode: Any, over: bool) -> None:
    """Ensure nothing is compared once an agent has the history of a turn that nobody could see begin."""
    spawn = ts.SpawnParams(thread_id=THREAD, mode=mode)
    program = [ts.StartParams(), spawn, _append(user_message("one"))]
    with fresh_process(product(Eager, lazy=True), clock := ts.ManualClock()) as process:
        lockstep = SessionLockstep(process, clock)
        for operation in program:
            lockstep.run(operation)
        lockstep.observe()
    assert lockstep.over == over
    assert lockstep.tally.cut == ({"a hidden thread hands its history to an agent": 1} if over else {})


def test_of_what_is_shown_nowhere_nothing_is_judged() -> None:
    """Ensure a wrong value of an unseen field is no difference, and that the same is one where the field is seen."""
    program = [ts.StartParams()]
    run_program(MISCOUNTING, program, "manager")
    with pytest.raises(Difference) as caught:
        run_program(attrs.evolve(MISCOUNTING, unseen=frozenset()), program, "manager")
    assert (caught.value.path, caught.value.expected, caught.value.actual) == ("turns", 0, 1)


def test_a_turn_of_an_archived_thread_may_add_items() -> None:
    """Ensure what a turn adds is known where a read would have to ask for archived threads too."""
    program = [
        ts.StartParams(),
        ts.ArchiveThreadParams(thread_id=THREAD),
        ts.ResumeParams(thread_id=THREAD, include_archived=True),
        _append(user_message("on the shelf")),
        ts.LoadThreadHistoryParams(thread_id=THREAD, include_archived=True),
    ]
    run_program(PRODUCT, program, "manager")


# --- Directed checks ---------------------------------------------------------------------------------------------


def test_directed_checks_skip_what_a_product_cannot_be_asked() -> None:
    """Ensure no check fails a sound product, many judge it, and those that cannot say why."""
    done = certify(Request(target="support.products:PRODUCT", levels=("session",), examples=5))
    assert done.failures == (), done.failures[0].message
    verdicts = Counter(clause.verdict for clause in done.certificate.clauses)
    assert verdicts["passed"] >= 12
    assert verdicts.keys() == {"passed", "skipped", "untested"}
    reasons = {reason for clause in done.certificate.clauses for reason in clause.skip_reasons}
    assert "not testable: shutdown_thread cannot be asked: it closes no thread" in reasons
    assert "not testable: append_items cannot be asked with this items" in reasons
    assert "not testable: turns is shown nowhere" in reasons


@pytest.mark.parametrize(("backend", "clause"), [(DEAF, "RESUME-3"), (NAMELESS, "ROUTE-1")])
def test_directed_checks_find_a_broken_product(backend: ts.ManagerBackend, clause: str) -> None:
    """Ensure skipping what cannot be asked leaves checks with teeth."""
    checks = [check for check in all_checks() if clause in check.clauses]
    assert failures(backend, checks)
    assert not failures(PRODUCT, checks)


def test_a_laboratory_shows_what_was_said_alone() -> None:
    """Ensure what turns add is no check's affair, and what is said comes back as it was said."""
    with SessionLab(PRODUCT) as lab:
        thread = lab.start().thread_id
        lab.append(thread, user_message("one"))
        lab.append(thread, user_message("two"))
        assert lab.items(thread) == [user_message("one"), user_message("two")]
        lab.settle(thread)
        assert thread in lab.loaded()


def test_a_check_that_looks_at_what_is_not_shown_is_skipped() -> None:
    """Ensure an unseen field skips whoever compares it, counts with it or walks it, and nobody else."""
    with SessionLab(PRODUCT) as lab:
        started = lab.start()
        assert started == lab.resume(started.thread_id)
        looks: list[Any] = [
            lambda turns: turns == 0, lambda turns: turns != 1, lambda turns: turns + 1, lambda turns: 1 + turns,
            lambda turns: turns < 1, lambda turns: bool(turns), len, list, lambda turns: {turns},
            lambda turns: 1 in turns,
        ]  # fmt: skip
        for look in looks:
            with pytest.raises(pytest.skip.Exception, match="not testable: turns is shown nowhere"):
                look(started.turns)


def test_what_is_shown_beside_it_is_looked_at() -> None:
    """Ensure a check of several fields judges those that are shown, and is skipped when none of them is."""
    backend = attrs.evolve(PRODUCT, unseen=frozenset({"StoredThread.title", "StoredThread.preview"}))
    with SessionLab(backend) as lab:
        thread = lab.start().thread_id
        lab.append(thread, user_message("one"))
        assert_facts(lab, thread, "a message", title="any", first_user_message="one")
        with pytest.raises(AssertionError, match=r"a message: expected \{'first_user_message': 'two'\}"):
            assert_facts(lab, thread, "a message", title="any", first_user_message="two")
        with pytest.raises(pytest.skip.Exception, match="title and preview are shown nowhere"):
            assert_facts(lab, thread, "a message", title="any", preview="any")


def test_fields_of_listed_threads_are_unseen_too() -> None:
    """Ensure a field that no thread shows is not there on a page either."""
    page = ts.ListThreadsParams(page_size=10)
    backend = attrs.evolve(PRODUCT, unseen=frozenset({"StoredThread.preview"}))
    with SessionLab(backend) as lab:
        lab.append(lab.start().thread_id, user_message("one"))
        [thread] = lab.manager.list_threads(page).items
        with pytest.raises(pytest.skip.Exception, match="preview is shown nowhere"):
            assert thread.preview == "one"
    with SessionLab(PRODUCT) as lab:
        lab.append(lab.start().thread_id, user_message("one"))
        assert [each.preview for each in lab.manager.list_threads(page).items] == ["one"]
