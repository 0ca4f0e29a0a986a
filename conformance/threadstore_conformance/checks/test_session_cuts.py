"""Directed checks of where a fork is cut: FORK-1b, and the turns of TURN-1 that it is cut by."""

from __future__ import annotations

from collections.abc import Sequence

from threadstore import RolloutItem
from threadstore.jsonvalue import JSON
from threadstore.manager_params import ForkParams
from threadstore_conformance.lab import METADATA, agent_message, clause, user_message
from threadstore_conformance.session_items import (
    event,
    goal,
    rolled_back,
    token_count,
    turn_aborted,
    turn_complete,
    turn_started,
    user_response,
)
from threadstore_conformance.session_lab import SessionLab

from .comparing import brief
from .conversations import assert_items, begun, turn, turns_of
from .refusing import assert_names

_SAID = user_message("said")
_ANSWER = agent_message("answered")
_ONE = turn("t1", "one")
_TWO = turn("t2", "two")
_OPEN = (turn_started("t9"), _SAID, _ANSWER)

#: Far more messages than any history here has.
_BEYOND = 99


@clause("FORK-1b")
def test_a_whole_fork_has_all_items(session_lab: SessionLab) -> None:
    """Ensure a fork that is not cut takes everything, an unfinished turn too, and adds nothing."""
    for items in ((_SAID,), (*_ONE, *_TWO), (*_ONE, *_OPEN), (*_ONE, rolled_back(1)), (*_ONE, goal("win"))):
        _assert_cut(session_lab, items, len(items), cut="whole")


@clause("FORK-1b")
def test_a_fork_ends_before_the_message_that_is_named(session_lab: SessionLab) -> None:
    """Ensure the nth message, counted from 0, and all after it are left out, and everything before it is taken."""
    items = (*_ONE, goal("win"), *_TWO, _SAID, _ANSWER)
    for nth, kept in ((0, 1), (1, 6), (2, 9)):
        _assert_cut(session_lab, items, kept, cut="before_user_message", nth=nth)


@clause("FORK-1b")
def test_a_fork_of_whole_turns_ends_before_the_message_that_is_named(session_lab: SessionLab) -> None:
    """Ensure the cut falls inside the turn of the message, and everything is taken beyond the last one."""
    items = (*_ONE, *_TWO, *turn("t3", "three"))
    for nth, kept in ((0, 1), (1, 5), (2, 9), (3, 12), (_BEYOND, 12)):
        _assert_cut(session_lab, items, kept, cut="before_user_message", nth=nth)
    _assert_cut(session_lab, items, len(items), cut="whole")


@clause("FORK-1b", "TURN-1")
def test_a_fork_counts_messages_in_effect(session_lab: SessionLab) -> None:
    """Ensure injected messages, echoes and what was rolled back are passed over when messages are counted."""
    said_twice = (
        user_response("<environment_context>here</environment_context>"), turn_started("t1"), user_response("one"),
        user_message("one"), _ANSWER, turn_complete("t1"), turn_started("t2"), user_response("two"),
        user_message("two"), _ANSWER, turn_complete("t2"),
    )  # fmt: skip
    for nth, kept in ((0, 2), (1, 7), (2, 11)):
        _assert_cut(session_lab, said_twice, kept, cut="before_user_message", nth=nth)
    taken_back = (_SAID, _ANSWER, _SAID, _ANSWER, rolled_back(1), _SAID, _ANSWER, turn_complete())
    for nth, kept in ((0, 0), (1, 5), (2, 8)):
        _assert_cut(session_lab, taken_back, kept, cut="before_user_message", nth=nth)


@clause("FORK-1b")
def test_beyond_the_last_message_a_fork_has_all_that_is_finished(session_lab: SessionLab) -> None:
    """Ensure everything is taken when no turn is unfinished, and else everything before that turn's start."""
    for kept, items in (
        (4, _ONE),
        (8, (*_ONE, *_TWO)),
        (5, (*_ONE, goal("win"))),
        (4, (*_ONE, *_OPEN)),
        (4, (*_ONE, turn_started("t2"), token_count(1))),
        (0, _OPEN),
        (5, (*_ONE, goal("win"), turn_started("t2", kind="turn_started"), _SAID)),
        (3, (turn_started(), _SAID, turn_complete())),
        (0, (turn_started(), _SAID, _ANSWER)),
    ):
        for nth in (3, _BEYOND):
            _assert_cut(session_lab, items, kept, cut="before_user_message", nth=nth)


@clause("FORK-1b", "TURN-1")
def test_without_turn_starts_the_last_message_may_be_unfinished(session_lab: SessionLab) -> None:
    """Ensure a history without any turn start is cut at its last message, unless a turn ended after that."""
    for kept, items in (
        (0, (_SAID,)),
        (2, (_SAID, _ANSWER, _SAID, _ANSWER)),
        (2, (_SAID, turn_complete(), _SAID)),
        (3, (_SAID, _ANSWER, turn_complete())),
        (3, (_SAID, _ANSWER, turn_complete("t1", kind="turn_complete"))),
        (2, (_SAID, turn_aborted())),
        (0, (user_response("said"), _SAID, _ANSWER)),
        (6, (*_ONE, _SAID, _ANSWER)),
        (2, (_SAID, turn_complete(), user_response("said"), _SAID, _ANSWER)),
        (1, (_ANSWER,)),
        (3, (_SAID, _ANSWER, rolled_back(1))),
        (0, (_SAID, _SAID, rolled_back(1))),
        (0, (_SAID, _SAID, turn_complete(), rolled_back(1))),
        (5, (_SAID, turn_complete(), _SAID, turn_complete(), rolled_back(1))),
    ):
        _assert_cut(session_lab, items, kept, cut="before_user_message", nth=_BEYOND)


@clause("FORK-1b", "TURN-1")
def test_a_turn_is_unfinished_until_its_own_end(session_lab: SessionLab) -> None:
    """Ensure ends of other turns change nothing, a later start replaces an active turn, and rollbacks end it."""
    start, other = turn_started("t1"), turn_complete("t2")
    for kept, items in (
        (0, (start, _SAID, other)),
        (0, (start, _SAID, turn_aborted("t2"), _ANSWER)),
        (3, (start, _SAID, turn_complete())),
        (3, (start, _SAID, turn_aborted("t1"))),
        (4, (start, _SAID, other, turn_complete("t1"))),
        (2, (start, _SAID, turn_started("t2"), _SAID)),
        (5, (start, _SAID, turn_started("t2"), _SAID, other)),
        (3, (start, _SAID, rolled_back(1))),
        (8, (*_ONE, turn_started("t2"), _SAID, _ANSWER, rolled_back(1))),
        (6, (*_ONE, turn_started("t2"), rolled_back(1))),
        (0, (start, rolled_back(1))),
        (4, (*_ONE, turn_started("t2"), _SAID, rolled_back(0))),
        (4, (start, _SAID, rolled_back(1), _ANSWER)),
        (7, (*_ONE, turn_started("t2"), _ANSWER, other)),
    ):
        _assert_cut(session_lab, items, kept, cut="before_user_message", nth=_BEYOND)


@clause("FORK-1b")
def test_a_fork_ends_with_the_turn_that_is_named(session_lab: SessionLab) -> None:
    """Ensure everything up to the item that ended the turn is taken, and nothing after it."""
    for kept, turn_id, items in (
        (4, "t1", (*_ONE, *_TWO)),
        (8, "t2", (*_ONE, *_TWO)),
        (4, "t1", (*_ONE, goal("win"), *_TWO)),
        (9, "t2", (*_ONE, goal("win"), *_TWO, goal("again"))),
        (4, "t1", (*_ONE, *_OPEN)),
        (2, "t1", (turn_started("t1", "turn_started"), turn_complete("t1", "turn_complete"), _SAID)),
        (3, "t1", (turn_started("t1"), _SAID, turn_aborted("t1"), *_TWO)),
        (3, "t1", (turn_started("t1"), _SAID, turn_complete(), _SAID)),
        (5, "t2", (turn_started("t1"), _SAID, turn_started("t2"), _SAID, turn_complete("t2"), _ANSWER)),
    ):
        _assert_cut(session_lab, items, kept, cut="after_turn", turn_id=turn_id)


@clause("FORK-1b", "TURN-1")
def test_a_fork_after_a_turn_goes_by_what_is_in_effect(session_lab: SessionLab) -> None:
    """Ensure turns before and after what was rolled back can be named, with the marker in its place."""
    history = (*_ONE, *_TWO, rolled_back(1), *turn("t3", "three"))
    for kept, turn_id, items in (
        (4, "t1", history),
        (13, "t3", history),
        (4, "t1", (*_ONE, _SAID, rolled_back(1))),
        (4, "t1", (*_ONE, *_TWO, rolled_back(0), *_OPEN)),
        (8, "t2", (*_ONE, *_TWO, rolled_back(0), *_OPEN)),
    ):
        _assert_cut(session_lab, items, kept, cut="after_turn", turn_id=turn_id)


@clause("FORK-1b")
def test_turns_that_cannot_end_a_fork_are_refused(session_lab: SessionLab) -> None:
    """Ensure no turn, an unknown one, an unfinished one and one taken back are refused by name, with no fork left."""
    lab = session_lab
    start = turn_started("t1")
    for turn_id, items in (
        (None, _ONE),
        ("", _ONE),
        ("t", _ONE),
        ("T1", _ONE),
        ("t9", (*_ONE, *_OPEN)),
        ("t2", (*_ONE, *_TWO, rolled_back(1))),
        ("t1", (*_ONE, *_TWO, rolled_back(2))),
        ("t1", (*_ONE, *_TWO, rolled_back(9), *turn("t3", "three"))),
        ("t1", (start, _SAID, turn_started("t2"), _SAID, turn_complete("t2"))),
        ("t1", (start, _SAID, turn_complete("t2"))),
        ("t2", (start, _SAID, turn_complete("t2"))),
        ("t1", (start, _SAID, _SAID, turn_complete("t1"), rolled_back(1))),
        ("t1", (start, _SAID, rolled_back(1), turn_complete("t1"))),
        ("t1", (_SAID, turn_complete("t1"))),
        (None, (turn_started(), _SAID, turn_complete())),
    ):
        source = begun(lab, *items)
        before = sorted(lab.listed(model_providers=())), lab.loaded()
        operation = ForkParams(thread_id=source, cut="after_turn", turn_id=turn_id, metadata=METADATA)
        assert_names(lab.refused(operation, ("refused",)), "turn_id", f"turn {turn_id!r} of {brief(items)}")
        assert before == (sorted(lab.listed(model_providers=())), lab.loaded()), (
            "a fork that was refused is listed or loaded"
        )


@clause("FORK-1b", "TURN-1")
def test_a_turn_s_id_is_any_json_value(session_lab: SessionLab) -> None:
    """Ensure a turn whose id is no text is ended by its equal or by an end without id, and by no other."""

    def of(kind: str, turn_id: JSON) -> RolloutItem:
        return RolloutItem("event_msg", {"type": kind, "turn_id": turn_id})

    for began, ended, is_open in (
        (7, 7, False), (7, 7.0, False), (7, "7", True), (1, True, True), (0, None, False), (None, "t1", True),
        (["a"], ["a"], False), (["a"], ["b"], True), ({"n": 1}, {"n": 1}, False), (7, 8, True), (False, 0, True),
    ):  # fmt: skip
        items = (of("task_started", began), _SAID, of("task_complete", ended))
        _assert_cut(session_lab, items, 0 if is_open else 3, cut="before_user_message", nth=_BEYOND)
        if is_open and began is not None:
            source = begun(session_lab, *items)
            fork = session_lab.fork(source, cut="interrupted").thread_id
            due = event("turn_aborted", reason="interrupted", turn_id=began)
            _assert_interrupted(session_lab.history(source), session_lab.items(fork), due)


@clause("FORK-1b")
def test_an_interrupted_fork_ends_the_unfinished_turn(session_lab: SessionLab) -> None:
    """Ensure an interrupted fork has everything, and one turn_aborted that names the active turn if that has an id."""
    lab = session_lab
    plain = {"reason": "interrupted"}
    for expected, items in (
        ({**plain, "turn_id": "t9"}, (*_ONE, *_OPEN)),
        ({**plain, "turn_id": "t9"}, (turn_started("t9"),)),
        ({**plain, "turn_id": "t2"}, (turn_started("t1"), _SAID, turn_started("t2"), _SAID)),
        (plain, (turn_started(), _SAID, _ANSWER)),
        (plain, (*_ONE, turn_started(kind="turn_started"), _SAID)),
        (plain, (_SAID, _ANSWER)),
        (plain, (_SAID, turn_complete(), _SAID)),
    ):
        source = begun(lab, *items)
        fork = lab.fork(source, cut="interrupted").thread_id
        _assert_interrupted(lab.history(source), lab.items(fork), event("turn_aborted", **expected))


@clause("FORK-1b")
def test_an_interrupted_fork_of_what_is_finished_adds_nothing(session_lab: SessionLab) -> None:
    """Ensure no marker is added when no turn is unfinished, in a fork of an interrupted fork neither."""
    lab = session_lab
    for items in (_ONE, (*_ONE, rolled_back(1)), (_SAID, turn_aborted()), (*_ONE, _SAID), (*_OPEN, rolled_back(1))):
        _assert_cut(lab, items, len(items), cut="interrupted")
    for items in (_OPEN, (_SAID, _ANSWER)):
        interrupted = lab.fork(begun(lab, *items), cut="interrupted").thread_id
        again = lab.fork(interrupted, cut="interrupted").thread_id
        assert_items(lab.history(interrupted), lab.items(again), "an interrupted fork was interrupted once more")


@clause("FORK-1b")
def test_cutting_and_counting_agree(session_lab: SessionLab) -> None:
    """Ensure a fork before the nth message counts n turns, whatever was rolled back, injected or left unfinished."""
    lab = session_lab
    for turns, items in (
        (3, (*_ONE, *_TWO, *turn("t3", "three"))),
        (3, (*_ONE, *_TWO, rolled_back(1), *turn("t3", "three"), *turn("t4", "four"))),
        (2, (user_response("<skill>"), user_response("one"), user_message("one"), turn_complete(), _SAID)),
        (3, (_SAID, _SAID, rolled_back(2), _SAID, _SAID, rolled_back(1), _SAID, *_OPEN)),
    ):
        source = begun(lab, *items)
        assert turns == turns_of(lab, source), f"{brief(items)} are {turns} turns"
        for nth in range(turns):
            fork = lab.fork(source, cut="before_user_message", nth=nth)
            assert nth == fork.turns, f"a fork before message {nth} of {brief(items)} counts {fork.turns} turns"


def _assert_cut(lab: SessionLab, items: Sequence[RolloutItem], kept: int, **cut: str | int) -> None:
    """Assert that a fork takes the source's SessionMeta and this many items."""
    source = begun(lab, *items)
    fork = lab.fork(source, **cut).thread_id
    expected = lab.history(source)[: kept + 1]
    assert_items(expected, lab.items(fork), f"of {brief(items)} a fork cut {cut} must have the first {kept}")


def _assert_interrupted(before: Sequence[RolloutItem], after: Sequence[RolloutItem], aborted: RolloutItem) -> None:
    assert_items(before, after[: len(before)], "an interrupted fork has everything")
    added = list(after[len(before) :])
    message = [item for item in added if item.kind == ("response_item", "message")]
    events = [item for item in added if item not in message]
    assert_items([aborted], events, f"after {brief(before)}")
    assert len(message) <= 1, f"there is at most one message that says so, not {brief(message)}"
