"""What a product is asked in place of an operation, what it says of itself, and what its turns may add."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs
import pytest

import threadstore as ts
from support.products import PRODUCT
from support.runs import fulfilled
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance.bounds import missed
from threadstore_conformance.counted import counted
from threadstore_conformance.drawn import _counted
from threadstore_conformance.generation import Generation
from threadstore_conformance.lab import agent_message, user_message
from threadstore_conformance.products import as_said, asked_of, in_full, lacking, surplus, unasked_in
from threadstore_conformance.results import Run
from threadstore_conformance.session_items import developer_response, session_meta, turn_complete, turn_started
from threadstore_conformance.session_lab import SessionLab
from threadstore_conformance.session_machine import session_machine

THREAD = "@thread:0"
UNKNOWN = "01900000-0000-7000-8000-00000000ffff"


def _generation(backend: ts.ManagerBackend) -> Generation:
    return Generation(backend=backend, run=Run(), port="manager", examples=40, budget=100)


def _append(*items: ts.RolloutItem) -> ts.AppendThreadItemsParams:
    return ts.AppendThreadItemsParams(thread_id=THREAD, items=items)


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
        ({"kills": "yes"}, "kills"),
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
