"""What a fork or a sub-agent takes over: cuts, filters, and facts that are handed on."""

from __future__ import annotations

from typing import Any

import pytest

from threadstore import ForkParams, InvalidRequest, RolloutItem, SpawnParams
from threadstore.fork import cut, inherited, spawned_items
from threadstore.jsonvalue import JSON

SOURCE = "0190a000-0000-7000-8000-000000000001"
OLDER = "0190a000-0000-7000-8000-000000000002"


def meta(thread_id: str = SOURCE, **more: Any) -> RolloutItem:
    return RolloutItem("session_meta", {"id": thread_id, "originator": "cli", **more})


def message(role: JSON, **more: Any) -> RolloutItem:
    return RolloutItem("response_item", {"type": "message", "role": role, "content": [], **more})


def event(kind: str, **more: Any) -> RolloutItem:
    return RolloutItem("event_msg", {"type": kind, **more})


def context(**more: Any) -> RolloutItem:
    return RolloutItem("turn_context", more)


USER = message("user")
ANSWER = message("assistant", phase="final_answer")
REASONING = RolloutItem("response_item", {"type": "reasoning"})
#: Two finished turns, then one that is not.
HISTORY = (
    meta(),
    event("task_started", turn_id="a"), USER, ANSWER, event("task_complete", turn_id="a"),
    event("task_started", turn_id="b"), USER, ANSWER, event("task_complete", turn_id="b"),
    event("task_started", turn_id="c"), USER,
)  # fmt: skip


def fork(items: tuple[RolloutItem, ...] = HISTORY, **how: Any) -> tuple[RolloutItem, ...]:
    return cut(items, ForkParams(thread_id=SOURCE, **how))


@pytest.mark.parametrize(
    ("how", "length"),
    [
        ({}, 11),
        ({"cut": "before_user_message", "nth": 0}, 2),
        ({"cut": "before_user_message", "nth": 2}, 10),
        ({"cut": "before_user_message", "nth": 3}, 9),
        ({"cut": "after_turn", "turn_id": "a"}, 5),
        ({"cut": "after_turn", "turn_id": "b"}, 9),
    ],
)
def test_a_fork_is_cut_where_it_is_asked_to(how: dict[str, Any], length: int) -> None:
    """Ensure a copy is the raw prefix before a message, through a turn, or less the unfinished turn."""
    assert fork(**how) == HISTORY[:length]


@pytest.mark.parametrize("turn_id", [None, "c", "d"])
def test_a_fork_after_a_turn_needs_a_finished_one(turn_id: str | None) -> None:
    """Ensure no turn, an unfinished, an unknown and a rolled back one are refused by the field's name."""
    with pytest.raises(InvalidRequest, match="turn_id"):
        fork(cut="after_turn", turn_id=turn_id)
    with pytest.raises(InvalidRequest, match="turn_id"):
        fork((*HISTORY, event("thread_rolled_back", num_turns=2)), cut="after_turn", turn_id="b")


def test_an_interrupted_fork_ends_the_turn() -> None:
    """Ensure a copy from mid-turn gets one turn_aborted of that turn, and a copy from between turns gets nothing."""
    assert fork(cut="interrupted") == (*HISTORY, event("turn_aborted", reason="interrupted", turn_id="c"))
    assert fork(HISTORY[:9], cut="interrupted") == HISTORY[:9]
    began = (event("task_started", turn_id=7), USER)
    assert fork(began, cut="interrupted") == (*began, event("turn_aborted", reason="interrupted", turn_id=7))
    assert fork((USER,), cut="interrupted") == (USER, event("turn_aborted", reason="interrupted"))


def spawn(items: tuple[RolloutItem, ...], **how: Any) -> tuple[RolloutItem, ...]:
    return spawned_items(items, SpawnParams(thread_id=SOURCE, **how))


def test_a_sub_agent_gets_the_conversation_without_the_work() -> None:
    """Ensure the filter keeps who spoke and final answers, in a compaction's replacement too, and drops the work."""
    kept = (meta(), context(), message("system"), message("developer"), USER, ANSWER, event("token_count"))
    work = (REASONING, message("assistant"), message("assistant", phase="commentary"), message("tool"))
    work += (message(["user"]), message({"user": 1}), message("assistant", phase=["final_answer"]))
    agents = tuple(RolloutItem(f"inter_agent_communication{end}", {"trigger_turn": True}) for end in ("", "_metadata"))
    replacement = [item.payload for item in (USER, REASONING, ANSWER, message("assistant"))]
    compacted = RolloutItem("compacted", {"message": "m", "replacement_history": replacement})
    filtered = RolloutItem("compacted", {"message": "m", "replacement_history": [USER.payload, ANSWER.payload]})
    assert spawn((*kept, *work, *agents, compacted), mode="full_history") == (*kept, filtered)


def test_a_sub_agent_of_the_last_turns_gets_no_setting_of_the_thread() -> None:
    """Ensure the copy starts at the Nth-from-last fork turn, at the first when there are fewer, and at none for 0."""
    trigger = RolloutItem("inter_agent_communication", {"trigger_turn": True})
    items = (meta(), message("developer"), USER, context(), ANSWER, trigger, REASONING, ANSWER)
    assert spawn(items, mode="last_turns", last=1) == (ANSWER,)
    assert spawn(items, mode="last_turns", last=2) == (USER, ANSWER, ANSWER)
    assert spawn(items, mode="last_turns", last=9) == (USER, ANSWER, ANSWER)
    assert spawn(items, mode="last_turns", last=0) == ()
    assert spawn(items[:2], mode="last_turns", last=1) == ()
    assert spawn(items, mode="new", last=2) == ()


def test_what_a_history_hands_on() -> None:
    """Ensure some facts are the first SessionMeta's, some the first given, and the version the last given."""
    facts = inherited(
        (
            meta(originator="first", history_mode="legacy", multi_agent_version="v1"),
            meta(OLDER, originator="second", base_instructions={"text": "b"}, dynamic_tools=[{"name": "t"}],
                 selected_capability_roots=[{"root": "/r"}], multi_agent_version="v2"),
            context(multi_agent_version="v3"),
        )
    )  # fmt: skip
    assert (facts.originator, facts.history_mode, facts.selected_capability_roots) == ("first", "legacy", ())
    assert (facts.base_instructions, facts.dynamic_tools) == ({"text": "b"}, ({"name": "t"},))
    assert facts.multi_agent_version == "v2"
    assert inherited((meta(), context(multi_agent_version="v3"), context())).multi_agent_version == "v3"
    assert inherited((USER,)).originator is None
