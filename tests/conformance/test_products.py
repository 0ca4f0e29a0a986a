"""Products that take less than a manager does, and add to it: what is asked of them, and what of them is judged."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import pytest

import threadstore as ts
from support.products import CHATTY, CHOOSY, DEAF, ECHOING, MISCOUNTING, NAMELESS, PRODUCT, asked
from support.runs import fulfilled
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance import Difference
from threadstore_conformance.bounds import missed
from threadstore_conformance.certify import Request, certify
from threadstore_conformance.checks.sessions import assert_facts
from threadstore_conformance.counted import counted
from threadstore_conformance.directed import all_checks, failures
from threadstore_conformance.drawn import _counted
from threadstore_conformance.generation import Generation
from threadstore_conformance.lab import agent_message, user_message
from threadstore_conformance.products import as_said, asked_of, in_full, lacking, surplus, unasked_in
from threadstore_conformance.results import Run
from threadstore_conformance.running import run_program
from threadstore_conformance.session_items import developer_response, session_meta, turn_complete, turn_started
from threadstore_conformance.session_lab import SessionLab
from threadstore_conformance.session_machine import session_machine

THREAD = "@thread:0"
UNKNOWN = "01900000-0000-7000-8000-00000000ffff"


def _generation(backend: ts.ManagerBackend) -> Generation:
    return Generation(backend=backend, run=Run(), port="manager", examples=40, budget=100)


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
    with pytest.raises(Difference) as caught:
        _generation(backend).check()
    found = caught.value
    # Which program is found first depends on what else Hypothesis sees loaded.
    assert found.clause in clauses
    assert found.path.startswith(place)
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


# --- What is asked -----------------------------------------------------------------------------------------------


def test_a_store_is_asked_everything() -> None:
    """Ensure only what shows no store has a say in what it is asked."""
    operation = ts.ShutdownThreadParams(thread_id=UNKNOWN)
    assert asked_of(MEMORY, operation) is operation
    assert in_full(MEMORY, operation, archived=True) is operation
    assert unasked_in(operation, operation) == ()


def test_a_backend_says_what_it_is_asked_by_a_function() -> None:
    """Ensure it is asked everything as it is unless it says otherwise, and that what is no function is refused."""
    operation = ts.ShutdownThreadParams(thread_id=UNKNOWN)
    plain = ts.ManagerBackend(name="plain", open=PRODUCT.open)
    assert (plain.asks(operation), plain.unseen) == (operation, frozenset())
    with pytest.raises(TypeError, match="asks"):
        attrs.evolve(PRODUCT, asks="everything")


@pytest.mark.parametrize(
    ("flaw", "says"),
    [
        ({"unseen": frozenset({"LoadedThread.turn"})}, "'LoadedThread.turn' names no field of"),
        ({"unseen": frozenset({"turns"})}, "'turns' names no field of"),
        ({"unseen": frozenset({"StoredThread.name?"})}, "'StoredThread.name\\?' names no field of"),
        ({"unseen": "StoredThread.name"}, "unseen"),
        ({"grain": -1}, "grain"),
        ({"grain": "1000"}, "grain"),
        ({"adds": 1}, "adds"),
    ],
)
def test_what_a_product_says_of_itself_is_checked(flaw: dict[str, Any], says: str) -> None:
    """Ensure a misspelled field, of which everything would be judged, is refused where it is declared."""
    with pytest.raises((ValueError, TypeError), match=says):
        attrs.evolve(PRODUCT, **flaw)


def test_a_certificate_tells_what_was_left_out() -> None:
    """Ensure whoever reads the verdict on a product sees what it does not rest on; a store has nothing of the kind."""
    backend = attrs.evolve(PRODUCT, grain=20)
    run = Run()
    Generation(backend=backend, run=run, port="manager", examples=10, budget=10).check()
    run.tallies["manager"].cut["a known failure"] = 2
    product = counted(run, backend, ["manager"])["product"]
    assert (product.adds, product.unseen, product.grain) == (True, ("LoadedThread.turns",), 20)
    assert product.unasked["shutdown_thread"] > 0
    assert product.cut == {"a known failure": 2}
    assert counted(run, MEMORY, ["store"])["product"] is None


def test_what_cannot_be_asked_is_left_out() -> None:
    """Ensure nothing is asked in place of it, and that its method and its data count as not asked."""
    operation = ts.ForkParams(thread_id=UNKNOWN, cut="before_user_message", nth=1)
    assert asked_of(PRODUCT, operation) is None
    unasked = unasked_in(operation, None)
    assert {"fork_thread", "fork_thread: cut before_user_message", "fork_thread: nth"} <= set(unasked)


def test_what_is_asked_in_part_lacks_the_rest() -> None:
    """Ensure the data that were left out of an operation count as not asked, and those that were not do not."""
    operation = ts.ForkParams(thread_id=UNKNOWN, cut="interrupted")
    unasked = unasked_in(operation, asked_of(PRODUCT, operation))
    assert "fork_thread: cut interrupted" in unasked
    assert "fork_thread" not in unasked
    assert "fork_thread: ephemeral False" not in unasked


def test_a_check_asks_in_full_or_is_skipped() -> None:
    """Ensure the reason names the operation, and the product's own words or the fields that cannot be said."""
    whole = _append(user_message("one"))
    assert in_full(PRODUCT, whole, archived=False) == whole
    with pytest.raises(pytest.skip.Exception, match=r"append_items cannot be asked with this items$"):
        in_full(PRODUCT, _append(user_message("one"), agent_message("two")), archived=False)
    with pytest.raises(pytest.skip.Exception, match=r"append_items cannot be asked: it is no prompt$"):
        in_full(PRODUCT, _append(agent_message("two")), archived=False)


def test_which_side_is_meant_matters_once_something_is_archived() -> None:
    """Ensure a product that always looks at both sides is asked, until that makes a difference."""
    backend = attrs.evolve(PRODUCT, asks=lambda operation: attrs.evolve(operation, include_archived=True))
    read = ts.ReadThreadParams(thread_id=UNKNOWN)
    assert in_full(backend, read, archived=False).include_archived
    with pytest.raises(pytest.skip.Exception, match=r"read_thread cannot be asked with this include_archived$"):
        in_full(backend, read, archived=True)
    with SessionLab(backend) as lab:
        assert isinstance(lab.answer(read), ts.ThreadNotFound)


@pytest.mark.parametrize("part", ["shutdown_thread", "rule fork", "fork_thread: cut interrupted"])
def test_what_could_not_be_asked_is_not_demanded(part: str) -> None:
    """Ensure a run lacks what no program did, unless it was drawn and could not be asked."""
    run = fulfilled()
    tally = run.tallies["manager"]
    tally.ended = Counter({key: n for key, n in tally.ended.items() if key[0] != part})
    del tally.rules[part.removeprefix("rule ")], tally.data[part]
    assert any(part.removeprefix("rule ") in told for told in missed(run, PRODUCT, "manager"))
    tally.unasked[part] = 1
    assert list(missed(run, PRODUCT, "manager")) == []


def test_what_could_be_asked_at_times_is_demanded() -> None:
    """Ensure an operation that was run must have ended in each way, though some of it could not be asked."""
    run = fulfilled()
    tally = run.tallies["manager"]
    tally.unasked["fork_thread"] = 1
    del tally.ended["fork_thread", "missing"]
    assert list(missed(run, PRODUCT, "manager")) == ["no fork_thread ended as missing"]


def test_what_is_asked_less_need_not_refuse() -> None:
    """Ensure a refusal is demanded of what can be asked everything, and not where something could not be asked."""
    run = fulfilled()
    del run.tallies["manager"].ended["fork_thread", "refused"]
    for backend in (PRODUCT, MEMORY):
        assert list(missed(run, backend, "manager")) == ["no fork_thread ended as refused"]
    run.tallies["manager"].unasked["shutdown_thread"] = 1
    assert list(missed(run, PRODUCT, "manager")) == []


def test_a_rule_that_finds_nothing_to_do_is_not_excused() -> None:
    """Ensure only what could not be asked excuses a rule that was never taken: of a store all can be."""
    close = ts.ShutdownThreadParams(thread_id=UNKNOWN)
    for backend, does, excused in (
        (PRODUCT, lambda machine: None, False),
        (PRODUCT, lambda machine: machine.run(close), True),
        (MEMORY, lambda machine: machine.run(close), False),
    ):
        run = Run()
        machine = session_machine(backend, None, run)()
        with machine.opened:
            _counted("fork", does)(machine)
        assert bool(run.tallies["manager"].unasked["rule fork"]) == excused


# --- What is added -----------------------------------------------------------------------------------------------

_SAID = [user_message("one"), agent_message("two")]


def _more(item: ts.RolloutItem, **members: Any) -> ts.RolloutItem:
    return ts.RolloutItem(item.type, {**item.payload, **members})


@pytest.mark.parametrize(
    ("added", "missing"),
    [
        (_SAID, None),
        ([turn_started("t"), _more(_SAID[0], images=[]), _SAID[1], turn_complete("t")], None),
        ([_SAID[1], _SAID[0]], 1),
        ([_SAID[0]], 1),
        ([_more(_SAID[0], message="One"), _SAID[1]], 0),
        ([ts.RolloutItem("response_item", _SAID[0].payload), _SAID[1]], 0),
        ([], 0),
    ],
)
def test_all_that_was_said_must_be_among_what_was_added(added: list[ts.RolloutItem], missing: int | None) -> None:
    """Ensure the first item that is lost, changed or out of its order is told, and more of a member is no loss."""
    assert lacking(_SAID, added) == (None if missing is None else _SAID[missing])


@pytest.mark.parametrize(
    ("added", "more"),
    [
        (_SAID, None),
        ([turn_started("t"), _more(_SAID[0], images=[]), developer_response("hm"), *_SAID[1:]], None),
        ([*_SAID, _SAID[0]], 2),
        ([_SAID[0], _more(_SAID[0], images=[]), _SAID[1]], 1),
        ([*_SAID, user_message("three")], 2),
        ([agent_message("zero"), *_SAID], 0),
    ],
)
def test_nothing_is_said_twice_or_by_nobody(added: list[ts.RolloutItem], more: int | None) -> None:
    """Ensure the first item that repeats what was said, or speaks where nobody did, is told."""
    assert surplus(_SAID, added) == (None if more is None else added[more])


def test_what_was_said_twice_is_there_twice() -> None:
    """Ensure a caller may repeat itself, and the turn may not."""
    twice = [_SAID[0], _SAID[0]]
    assert surplus(twice, twice) is None
    assert surplus(twice, [*twice, _SAID[0]]) == _SAID[0]
    # A turn has a message of each prompt, which may be one that was sent before it too.
    assert surplus([developer_response("one")], [developer_response("one")] * 3) is None


def test_members_are_compared_as_json() -> None:
    """Ensure true is not 1, a list has its length and order, and what an object lacks is lost."""

    def added(value: Any) -> ts.RolloutItem | None:
        said = ts.RolloutItem("event_msg", {"type": "x", "value": {"list": [1, {"a": 2}]}})
        return lacking([said], [ts.RolloutItem("event_msg", {"type": "x", "value": value})])

    assert added({"list": [1.0, {"a": 2, "b": 3}], "more": None}) is None
    for other in ({"list": [True, {"a": 2}]}, {"list": [{"a": 2}, 1]}, {"list": [1, {"a": 2}, 3]}, {"list": [1]}, {}):
        assert added(other) is not None, other


def test_what_is_left_of_a_history_is_what_was_said() -> None:
    """Ensure copies of items, what others say of threads, and their order stay, and what turns put in goes."""
    meta = session_meta(UNKNOWN)
    items = [meta, turn_started("t"), _more(_SAID[0], images=[]), turn_complete("t"), _SAID[1], _SAID[0]]
    assert as_said(_SAID, items) == [meta, _SAID[0], _SAID[1], _SAID[0]]
