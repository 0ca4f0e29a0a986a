"""Directed checks of what a sub-agent is given of the conversation: FORK-2b and FORK-2c."""

from __future__ import annotations

from collections.abc import Sequence

from threadstore import RolloutItem, ThreadId
from threadstore.jsonvalue import JSON
from threadstore_conformance.lab import agent_message, clause, user_message
from threadstore_conformance.session_items import (
    agent_communication,
    assistant_response,
    compacted,
    developer_response,
    event,
    goal,
    response,
    rolled_back,
    session_meta,
    token_count,
    turn_aborted,
    turn_complete,
    turn_context,
    turn_started,
    user_response,
    world_state,
)
from threadstore_conformance.session_lab import SessionLab

from .comparing import brief
from .conversations import assert_items, begun, say, turn
from .unusual import GOOD_ID

_SYSTEM = response("message", role="system", content=[{"type": "input_text", "text": "rules"}])
_FINAL = assistant_response("the answer", "final_answer")

#: Items of one turn, each with whether a sub-agent is given it.
_MIXED: tuple[tuple[RolloutItem, bool], ...] = (
    (turn_started("t1"), True),
    (user_response("one"), True),
    (user_message("one"), True),
    (developer_response("be brief"), True),
    (_SYSTEM, True),
    (assistant_response("let me see"), False),
    (assistant_response("first I look", "commentary"), False),
    (response("reasoning", summary=[], encrypted_content="x"), False),
    (response("function_call", name="f", arguments="{}", call_id="1"), False),
    (response("function_call_output", call_id="1", output="ok"), False),
    (response("local_shell_call", status="completed", action={"type": "exec", "command": ["ls"]}), False),
    (response("custom_tool_call", name="g", input="", call_id="2"), False),
    (response("custom_tool_call_output", call_id="2", output=""), False),
    (response("web_search_call", status="completed"), False),
    (response("agent_message", role="user", content=[]), False),
    (response("compaction", encrypted_content="x"), False),
    (agent_communication("note"), False),
    (RolloutItem("inter_agent_communication_metadata", {"author": "a"}), False),
    (response("message", role="tool", content=[]), False),
    (response("message", content=[]), False),
    (assistant_response("almost", "Final_Answer"), False),
    (agent_message("the answer"), True),
    (_FINAL, True),
    (token_count(9), True),
    (goal("win"), True),
    (event("agent_reasoning", text="hm"), True),
    (event("mcp_tool_call_end", call_id="3", result={}), True),
    (turn_complete("t1"), True),
)
_GIVEN = tuple(item for item, given in _MIXED if given)

#: What stands in a history for the whole thread.
_SETTING = (turn_context(model="m", unheard="of"), world_state(files=["a"]), session_meta(GOOD_ID, originator="other"))


@clause("FORK-2b")
def test_the_full_history_without_the_work(session_lab: SessionLab) -> None:
    """Ensure a sub-agent is given what was said and what happened, in order, and none of the spawner's work."""
    lab = session_lab
    items = [item for item, _ in _MIXED]
    spawner = begun(lab, *_SETTING, *items, *items)
    child = lab.spawn(spawner, mode="full_history").thread_id
    expected = [lab.history(spawner)[0], *_SETTING, *_GIVEN, *_GIVEN]
    assert_items(expected, lab.items(child), "the full history")


@clause("FORK-2b")
def test_the_last_turns_without_work_and_setting(session_lab: SessionLab) -> None:
    """Ensure a sub-agent with the last turns is given the same, but no records of the whole thread."""
    lab = session_lab
    items = [item for item, _ in _MIXED]
    spawner = begun(lab, *_SETTING, *items, *_SETTING, user_message("two"), *_SETTING, *items[3:])
    second = (user_message("two"), *_GIVEN[3:])
    _assert_copied(lab, spawner, 1, second)
    _assert_copied(lab, spawner, 2, (*_GIVEN[1:], *second))


@clause("FORK-2b")
def test_only_final_answers_of_the_assistant(session_lab: SessionLab) -> None:
    """Ensure the phase of an assistant's message decides, and nothing else of it, and all that is kept is unchanged."""
    odd: tuple[JSON, ...] = (None, "", "final", "commentary", "final_answer ", ["final_answer"], True)
    kept = (
        response("message", role="assistant", phase="final_answer", content=[], unheard={"of": [1, 2.5]}),
        response("message", role="user", phase="commentary", content=[]),
    )
    dropped = [response("message", role="assistant", phase=phase, content=[]) for phase in odd]
    dropped += [response("message", role=role, content=[]) for role in (["user"], {"user": "user"}, 1, "", "tool")]
    spawner = begun(session_lab, user_message("one"), *dropped, *kept, *dropped)
    expected = [session_lab.history(spawner)[0], user_message("one"), *kept]
    actual = session_lab.items(session_lab.spawn(spawner, mode="full_history").thread_id)
    assert_items(expected, actual, "the full history")


@clause("FORK-2b")
def test_a_compaction_is_filtered_inside(session_lab: SessionLab) -> None:
    """Ensure of a replacement history the same messages stay, and everything else of the compaction is unchanged."""
    lab = session_lab
    responses = [item for item, _ in _MIXED if item.type == "response_item"]
    stay = [item for item, given in _MIXED if given and item.type == "response_item"]
    more: dict[str, JSON] = {"message": "so far", "unheard": {"of": [1]}}

    def compaction(replacement: Sequence[RolloutItem]) -> RolloutItem:
        return RolloutItem("compacted", {**more, "replacement_history": [item.payload for item in replacement]})

    plain = (compacted("nothing replaced"), RolloutItem("compacted", {"message": "", "replacement_history": None}))
    spawner = begun(lab, user_message("one"), *plain, compaction(responses), compaction([]), user_message("two"))
    expected = [user_message("one"), *plain, compaction(stay), compaction([]), user_message("two")]
    full = lab.items(lab.spawn(spawner, mode="full_history").thread_id)
    assert_items([lab.history(spawner)[0], *expected], full, "the full history")
    _assert_copied(lab, spawner, 2, expected)
    again = [item for item in lab.history(spawner) if item.type == "compacted"]
    assert_items([*plain, compaction(responses), compaction([])], again, "the spawner's compactions")


@clause("FORK-2b")
def test_new_and_no_turns_copy_nothing(session_lab: SessionLab) -> None:
    """Ensure a sub-agent that is new, or has none of the last turns, starts with its own SessionMeta alone."""
    lab = session_lab
    spawner = begun(lab, *_SETTING, *turn("t1", "one"))
    for way in ({"mode": "new"}, {"mode": "new", "last": 1}, {"mode": "last_turns", "last": 0}):
        child = lab.spawn(spawner, **way)
        assert_items([], lab.items(child.thread_id), f"a spawn ({way})")
        assert child.turns == 0, f"a spawn ({way}) counts {child.turns} turns"


@clause("FORK-2b", "TURN-1")
def test_turns_in_effect_are_counted_from_the_end(session_lab: SessionLab) -> None:
    """Ensure injected messages, echoes and what was taken back are passed over, and markers are copied."""
    lab = session_lab
    injected = user_response("<environment_context>")
    sent = user_response("two")
    items = (
        injected, user_message("one"), agent_message("a"), user_message("gone"), rolled_back(1), turn_started("t2"),
        sent, user_message("two"), agent_message("b"), turn_complete("t2"), injected, user_message("three"),
        agent_message("c"),
    )  # fmt: skip
    spawner = begun(lab, *items)
    for last, start in ((1, 11), (2, 6), (3, 1)):
        _assert_copied(lab, spawner, last, items[start:])


@clause("FORK-2b")
def test_what_other_agents_trigger_is_a_turn(session_lab: SessionLab) -> None:
    """Ensure inter-agent items of both types count when trigger_turn is true, and are not copied themselves."""
    lab = session_lab
    said, answered = user_message("said"), agent_message("answered")
    for kind in ("inter_agent_communication", "inter_agent_communication_metadata"):
        trigger = RolloutItem(kind, {"content": "go", "trigger_turn": True})
        others = tuple(
            RolloutItem(kind, {"content": "note", "trigger_turn": value}) for value in (False, None, "true", 1)
        )
        spawner = begun(lab, said, answered, trigger, agent_message("done"), *others, goal("win"))
        _assert_copied(lab, spawner, 1, (agent_message("done"), goal("win")))
        _assert_copied(lab, spawner, 2, (said, answered, agent_message("done"), goal("win")))


@clause("FORK-2b")
def test_rollbacks_take_back_both_kinds_of_turns(session_lab: SessionLab) -> None:
    """Ensure a marker counts triggered turns and user messages together, and items stay where they are."""
    lab = session_lab
    trigger = agent_communication("go", trigger_turn=True)
    one, two, three = (user_message(text) for text in ("one", "two", "three"))
    done = agent_message("done")
    for last, expected, items in (
        (1, (one, done, rolled_back(1)), (one, trigger, done, rolled_back(1))),
        (1, (one, done, two, rolled_back(2)), (one, trigger, done, two, rolled_back(2))),
        (1, (done, two, rolled_back(1)), (one, trigger, done, two, rolled_back(1))),
        (2, (done, two, rolled_back(1), three), (one, trigger, done, two, rolled_back(1), three)),
        (1, (), (one, trigger, done, rolled_back(2))),
        (1, (three,), (one, trigger, rolled_back(9), three)),
        (1, (done,), (one, rolled_back(1), trigger, done)),
    ):
        spawner = begun(lab, *items)
        _assert_copied(lab, spawner, last, expected)


@clause("FORK-2b")
def test_without_a_fork_turn_nothing_is_copied(session_lab: SessionLab) -> None:
    """Ensure a conversation nobody began, or that was all taken back, gives a sub-agent nothing."""
    lab = session_lab
    said = user_message("said")
    for items in (
        (agent_message("hello"), *_SETTING, goal("win")),
        (user_response("<skill>"), agent_communication("note"), agent_message("hello")),
        (said, agent_message("hello"), rolled_back(1)),
        (said, said, agent_message("hello"), rolled_back(5), agent_message("again")),
    ):
        spawner = begun(lab, *items)
        for last in (1, 2, 99):
            _assert_copied(lab, spawner, last, ())


@clause("FORK-2b")
def test_the_last_turns_are_the_tail_of_the_filtered_whole(session_lab: SessionLab) -> None:
    """Ensure for every number of turns the copy is the end of the full one, and longer with each turn."""
    lab = session_lab
    turns = [(user_message(f"{n}"), assistant_response("hm"), _FINAL, agent_message(f"{n}")) for n in range(6)]
    spawner = begun(lab, developer_response("rules"), *(item for each in turns for item in each))
    full = lab.items(lab.spawn(spawner, mode="full_history").thread_id)
    for last in range(1, 7):
        _assert_copied(lab, spawner, last, full[-3 * last :])


@clause("FORK-2b")
def test_a_spawner_contributes_all_that_was_acknowledged(session_lab: SessionLab) -> None:
    """Ensure what was appended a moment ago is copied, and nothing of it is lost or doubled in the spawner."""
    lab = session_lab
    spawner = begun(lab, user_message("first"))
    expected = [user_message("first")]
    for number in range(3):
        expected.append(user_message(f"more {number}"))
        lab.append(spawner, expected[-1])
        copied = lab.items(lab.spawn(spawner, mode="full_history").thread_id)
        assert_items(expected, copied[1:], "the full history")
        lab.append(spawner, agent_message("on and on"))
        expected.append(agent_message("on and on"))
        _assert_copied(lab, spawner, 1, expected[-2:])
        assert_items(expected, lab.items(spawner), "the spawner")


@clause("FORK-2b", "FORK-1c")
def test_sub_agent_and_spawner_do_not_touch(session_lab: SessionLab) -> None:
    """Ensure items appended to the one are not among the other's."""
    lab = session_lab
    spawner = begun(lab, *turn("t1", "one"))
    child = lab.spawn(spawner, mode="full_history").thread_id
    before = lab.history(spawner), lab.history(child)
    say(lab, child, user_message("the sub-agent's"), turn_aborted())
    say(lab, spawner, user_message("the spawner's"))
    after = lab.history(spawner), lab.history(child)
    assert_items([*before[0], user_message("the spawner's")], after[0], "the spawner")
    assert_items([*before[1], user_message("the sub-agent's"), turn_aborted()], after[1], "the sub-agent")


@clause("FORK-2c")
def test_fewer_turns_than_asked_for(session_lab: SessionLab) -> None:
    """Ensure a sub-agent is given everything from the first turn on, and nothing from before it."""
    lab = session_lab
    setting = (developer_response("rules"), user_response("<environment_context>"), *_SETTING, goal("win"))
    items = (user_message("one"), agent_message("a"), user_message("two"), agent_message("b"))
    spawner = begun(lab, *setting, *items)
    for last in (3, 4, 99):
        _assert_copied(lab, spawner, last, items)


@clause("FORK-2c")
def test_fewer_messages_than_asked_for(session_lab: SessionLab) -> None:
    """Ensure a sub-agent of a plain conversation is given all of it when it asks for more turns than there are."""
    items = (user_message("one"), agent_message("a"), user_message("two"), agent_message("b"))
    spawner = begun(session_lab, *items)
    for last in (2, 3, 99):
        _assert_copied(session_lab, spawner, last, items)


def _assert_copied(lab: SessionLab, spawner: ThreadId, last: int, expected: Sequence[RolloutItem]) -> None:
    child = lab.spawn(spawner, mode="last_turns", last=last).thread_id
    assert_items(expected, lab.items(child), f"the last {last} turns of {brief(lab.items(spawner))}")
