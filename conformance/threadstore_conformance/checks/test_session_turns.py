"""Directed checks of which user messages are in effect: TURN-1."""

from __future__ import annotations

from threadstore import RolloutItem
from threadstore.jsonvalue import JSON
from threadstore_conformance.lab import agent_message, clause, user_message
from threadstore_conformance.session_items import (
    agent_communication,
    assistant_response,
    compacted,
    developer_response,
    event,
    response,
    rolled_back,
    session_meta,
    token_count,
    turn_aborted,
    turn_complete,
    turn_context,
    turn_started,
    user_response,
)
from threadstore_conformance.session_lab import SessionLab

from .comparing import brief
from .conversations import begun, say, turn, turns_of
from .unusual import GOOD_ID

#: Items, and how many turns they are.
_Row = tuple[int, tuple[RolloutItem, ...]]

_SAID = user_message("said")
_SENT = user_response("said")
_ANSWER = agent_message("answered")

_INJECTED = (
    "<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<turn_aborted>", "<skill>",
    "<user_shell_command>",
)  # fmt: skip


@clause("TURN-1")
def test_user_messages_are_counted(session_lab: SessionLab) -> None:
    """Ensure events and response items of the user count, and nothing that others say does."""
    _assert_counts(
        session_lab,
        (1, (_SAID,)),
        (2, (_SAID, _ANSWER, _SAID)),
        (1, (_SENT,)),
        (2, (_SENT, assistant_response("answered"), _SENT)),
        (2, (_SENT, _SENT)),
        (2, (_SAID, _SAID)),
        (0, (_ANSWER, assistant_response("answered", "final_answer"), developer_response("rules"))),
        (0, (response("reasoning", summary=[]), response("function_call", name="f", arguments="{}", call_id="1"))),
        (0, (response("message", role="system", content=[]), response("agent_message", role="user", content=[]))),
        (0, (turn_started("t1"), turn_complete("t1"), turn_started("t2"), turn_aborted("t2"))),
        (1, (turn_started("t1"), _SAID, _ANSWER, token_count(9), turn_complete("t1"))),
        (3, (_SAID, turn_started("t1"), _SAID, _SAID)),
    )


@clause("TURN-1")
def test_plain_messages_are_counted(session_lab: SessionLab) -> None:
    """Ensure each message of the user is one turn, inside a turn that was done or by itself, and an answer none."""
    _assert_counts(
        session_lab,
        (1, (_SAID,)),
        (2, (_SAID, _ANSWER, _SAID, _ANSWER)),
        (2, (_SAID, _SAID)),
        (1, turn("t1", "one")),
        (3, (*turn("t1", "one"), *turn("t2", "two"), _SAID, _ANSWER)),
    )


@clause("TURN-1")
def test_what_stands_between_changes_no_count(session_lab: SessionLab) -> None:
    """Ensure compactions, settings, other threads' SessionMetas and other agents' messages are no turns."""
    _assert_counts(
        session_lab,
        (2, (_SAID, compacted("so far", [user_response("said"), user_response("more")]), _SAID)),
        (1, (session_meta(GOOD_ID), _SAID, turn_context(model="m"))),
        (1, (_SAID, agent_communication("go", trigger_turn=True), agent_communication("note"))),
        (1, (event("user_message", message="", images=["data:x"]),)),
    )


@clause("TURN-1")
def test_an_echo_is_not_counted_twice(session_lab: SessionLab) -> None:
    """Ensure the first event after a user's response item is the same message, and only that one."""
    _assert_counts(
        session_lab,
        (1, (_SENT, _SAID)),
        (1, (_SENT, user_message("in other words"))),
        (2, (_SENT, _SAID, _SAID)),
        (2, (_SENT, _SAID, _SENT, _SAID)),
        (1, (_SENT, _ANSWER, turn_context(model="m"), token_count(1), _SAID)),
        (1, (_SENT, compacted("so far"), session_meta(GOOD_ID), _SAID)),
        (2, (_SAID, _SENT)),
        (2, (_SAID, _SENT, _SAID)),
        (2, (_SENT, _SENT, _SAID)),
        (1, (_SENT, user_response("<skill>s</skill>"), _SAID)),
    )


@clause("TURN-1")
def test_what_stands_between_makes_an_echo_a_message(session_lab: SessionLab) -> None:
    """Ensure an event is a message of its own after a turn start, a turn end or a rollback marker."""
    between = (
        turn_started("t1"), turn_started(kind="turn_started"), turn_complete("t1"), turn_complete(kind="turn_complete"),
        turn_aborted(), rolled_back(0),
    )  # fmt: skip
    _assert_counts(
        session_lab, *((2, (_SENT, item, _SAID)) for item in between), (1, (_SENT, rolled_back(1), _SAID))
    )  # fmt: skip


@clause("TURN-1")
def test_injected_messages_are_not_counted(session_lab: SessionLab) -> None:
    """Ensure a response item that begins as the client's context does is no message of the user's."""
    rows: list[_Row] = []
    for prefix in _INJECTED:
        rows += [
            (0, (user_response(f"{prefix} and more"),)),
            (0, (user_response(f" \n\t{prefix}"),)),
            (1, (user_response(f"{prefix} and more"), _SAID)),
            (1, (user_response(f"see {prefix}"),)),
            (1, (user_response(prefix[:-1]),)),
            (1, (user_response(prefix.swapcase()),)),
            (1, (user_message(f"{prefix} and more"),)),
        ]
    _assert_counts(session_lab, *rows)


@clause("TURN-1")
def test_the_first_text_tells_what_is_injected(session_lab: SessionLab) -> None:
    """Ensure parts without a text are passed over, and later texts do not count."""
    _assert_counts(
        session_lab,
        (0, (_sent({"type": "input_image", "image_url": "data:x"}, _part("<skill>")),)),
        (1, (_sent(_part("said"), _part("<skill>")),)),
        (0, (_sent(_part("<skill>"), _part("said")),)),
        (1, (_sent(_part(""), _part("<skill>")),)),
        (1, (_sent(),)),
        (1, (response("message", role="user"),)),
        (1, (_sent({"type": "input_image", "image_url": "data:x"}),)),
    )


@clause("TURN-1")
def test_rollback_markers_take_messages_back(session_lab: SessionLab) -> None:
    """Ensure a marker takes the last messages in effect, all when it asks for more, and none for 0."""
    three = (_SAID, _ANSWER, _SAID, _ANSWER, _SAID)
    _assert_counts(
        session_lab,
        (2, (*three, rolled_back(1))),
        (1, (*three, rolled_back(2))),
        (0, (*three, rolled_back(3))),
        (0, (*three, rolled_back(4))),
        (0, (*three, rolled_back(2**40))),
        (3, (*three, rolled_back(0))),
        (0, (rolled_back(1),)),
        (1, (rolled_back(1), _SAID)),
    )


@clause("TURN-1")
def test_rollback_markers_add_up(session_lab: SessionLab) -> None:
    """Ensure each marker counts from what the one before it left, and what is said afterwards counts again."""
    _assert_counts(
        session_lab,
        (1, (_SAID, _SAID, _SAID, rolled_back(1), rolled_back(1))),
        (1, (_SAID, rolled_back(1), _SAID)),
        (1, (_SAID, _SAID, rolled_back(1), _SAID, rolled_back(1))),
        (0, (_SAID, _SAID, rolled_back(1), _SAID, rolled_back(2))),
        (1, (_SAID, rolled_back(9), _SAID)),
        (0, (_SENT, _SAID, rolled_back(1))),
        (1, (_SENT, _SAID, _SENT, _SAID, rolled_back(1))),
        (0, (user_response("<skill>"), _SAID, rolled_back(1))),
        (1, (turn_started("t1"), _SAID, turn_complete("t1"), turn_started("t2"), _SAID, rolled_back(1))),
        (2, (_SAID, _SAID, compacted("so far"), _SAID, rolled_back(1))),
        (1, (_SAID, agent_communication("go", trigger_turn=True), _SAID, rolled_back(1))),
    )


@clause("TURN-1")
def test_a_marker_that_is_no_count_takes_nothing_back(session_lab: SessionLab) -> None:
    """Ensure a number of turns that is no integer from 0 up counts as 0."""
    odd: tuple[JSON, ...] = (-1, "1", 1.5, True, None, [1], {"n": 1})
    rows = [(2, (_SAID, _SAID, rolled_back(num_turns))) for num_turns in odd]
    _assert_counts(session_lab, *rows, (2, (_SAID, _SAID, event("thread_rolled_back"))))


@clause("TURN-1")
def test_rollbacks_leave_the_items_where_they_are(session_lab: SessionLab) -> None:
    """Ensure what was taken back stays in the history, in its place."""
    lab = session_lab
    items = (_SAID, _ANSWER, rolled_back(1), user_message("again"), rolled_back(5), user_message("at last"))
    thread = begun(lab, *items)
    expected = [lab.history(thread)[0], *items]
    assert expected == lab.history(thread), "a rollback changed the history"
    lab.close(thread)
    lab.resume(thread)
    assert expected == lab.history(thread), "a resume of a thread with rollbacks changed its history"


@clause("TURN-1")
def test_turns_are_counted_over_all_batches(session_lab: SessionLab) -> None:
    """Ensure echoes and markers find what they are about in earlier batches, and earlier sessions."""
    lab = session_lab
    items = (
        turn_started("t1"), _SENT, _SAID, turn_complete("t1"), _SENT, _ANSWER, _SAID, _SAID, rolled_back(1), _SENT,
        rolled_back(2), _SAID,
    )  # fmt: skip
    for again in (False, True):
        thread = begun(lab, user_message("first"))
        for item, expected in zip(items, (1, 2, 2, 2, 3, 3, 3, 4, 3, 4, 2, 3), strict=True):
            say(lab, thread, item)
            if again:
                lab.close(thread)
            actual = turns_of(lab, thread)
            assert expected == actual, f"after {brief([item])} there are {expected} turns, it counts {actual}"


@clause("TURN-1")
def test_a_turn_that_compacted_is_taken_back_whole(session_lab: SessionLab) -> None:
    """Ensure a turn in which the history was compacted counts no more once it was taken back, resumed or not."""
    first = (turn_started("1"), user_message("first"), agent_message("answer"), turn_complete("1"))
    second = (turn_started("2"), user_message("second"), compacted("so far"), agent_message("done"), turn_complete("2"))
    for taken_back, expected in ((1, 1), (2, 0)):
        thread = begun(session_lab, *first, *second, rolled_back(taken_back))
        for when in ("loaded", "resumed"):
            actual = turns_of(session_lab, thread)
            assert expected == actual, f"{taken_back} of 2 turns taken back, {when}: expected {expected}, got {actual}"
            session_lab.close(thread)


@clause("TURN-1")
def test_what_was_forked_is_taken_back_like_any(session_lab: SessionLab) -> None:
    """Ensure markers take turns back of a thread that was forked, and of its fork, each of its own alone."""
    source = begun(session_lab, user_message("1"), agent_message("answer"), user_message("2"), agent_message("answer"))
    fork = session_lab.fork(source).thread_id
    for thread in (source, fork):
        say(session_lab, thread, rolled_back(1))
        actual = turns_of(session_lab, thread)
        assert actual == 1, f"one of two turns was taken back of {thread}: it counts {actual}"
    say(session_lab, source, user_message("3"), user_message("4"))
    counts = [turns_of(session_lab, thread) for thread in (source, fork)]
    assert counts == [3, 1], f"the source has 3 turns and its fork 1, they count {counts}"


def _assert_counts(lab: SessionLab, *rows: _Row) -> None:
    """Assert the count of a thread while it is loaded, and once more when it was resumed."""
    for expected, items in rows:
        thread = begun(lab, *items)
        actual = turns_of(lab, thread)
        assert expected == actual, f"{brief(items)} are {expected} turns, the session counts {actual}"
        lab.close(thread)
        actual = turns_of(lab, thread)
        assert expected == actual, f"{brief(items)} are {expected} turns, a resumed session counts {actual}"


def _part(text: str) -> JSON:
    return {"type": "input_text", "text": text}


def _sent(*parts: JSON) -> RolloutItem:
    return response("message", role="user", content=list(parts))
