"""Effective turns (TURN-1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadstore import RolloutItem
from threadstore.jsonvalue import JSON
from threadstore.turns import TurnScan, scan

#: Messages of role ``user`` in the corpus for which Codex wrote no ``user_message`` event.
UNECHOED = ("injected, never a turn", "<subagent_notification>", "Do the child work")


def said(text: str = "hi") -> RolloutItem:
    content = [{"type": "input_image"}, {"type": "input_text", "text": text}]
    return RolloutItem("response_item", {"type": "message", "role": "user", "content": content})


def event(kind: str, **more: Any) -> RolloutItem:
    return RolloutItem("event_msg", {"type": kind, **more})


ECHO = event("user_message", message="hi")
ANSWER = RolloutItem("response_item", {"type": "message", "role": "assistant", "content": []})


def start(turn_id: JSON = None) -> RolloutItem:
    return event("task_started", turn_id=turn_id)


def end(turn_id: JSON = None) -> RolloutItem:
    return event("task_complete", turn_id=turn_id)


def rollback(num_turns: Any) -> RolloutItem:
    return event("thread_rolled_back", num_turns=num_turns)


@pytest.mark.parametrize(
    ("items", "positions"),
    [
        ([said(), ECHO], [0]),
        ([said(), ANSWER, ECHO, ECHO], [0, 3]),
        ([said(), said(), ECHO, ECHO], [0, 1, 3]),
        ([said(), start(), ECHO], [0, 2]),
        ([said(), rollback(0), ECHO], [0, 2]),
        ([said("  <environment_context>\n"), ECHO], [1]),
        ([said("# AGENTS.md instructions for /"), said("<user_action>")], [1]),
    ],
    ids=["echo", "one echo only", "two messages", "a start between", "a marker between", "injected", "prefixes"],
)
def test_what_counts_as_a_user_message(items: list[RolloutItem], positions: list[int]) -> None:
    """Ensure an echo and what the client injected are no user messages, and all else of the user is."""
    assert scan(items).positions == positions


@pytest.mark.parametrize(
    ("num_turns", "positions"),
    [(0, [0, 1, 2]), (1, [0, 1]), (2, [0]), (3, []), (9, []), (-1, [0, 1, 2]), (True, [0, 1, 2]), (None, [0, 1, 2])],
)
def test_a_rollback_removes_the_last_messages(num_turns: Any, positions: list[int]) -> None:
    """Ensure N messages go, all when there are fewer, and none for what is no count."""
    assert scan([said(), said(), said(), rollback(num_turns)]).positions == positions


def test_rollbacks_compose() -> None:
    """Ensure a rollback counts from what is in effect, not from what was ever said."""
    assert scan([said(), said(), rollback(1), said(), rollback(2)]).positions == []


def test_a_rolled_back_turn_is_no_longer_in_effect() -> None:
    """Ensure a turn goes with its message though it began before it, and earlier turns stay."""
    turns = scan([start("a"), said(), end("a"), start("b"), said(), end("b"), start("c"), rollback(1)])
    assert (turns.end_of("a"), turns.end_of("b"), turns.active, turns.unfinished) == (2, None, None, None)


@pytest.mark.parametrize(
    ("items", "unfinished"),
    [
        ([start("a"), said()], 0),
        ([start("a"), said(), end("b")], 0),
        ([start("a"), said(), end()], None),
        ([start("a"), said(), start("b"), end("a")], 2),
        ([start("a"), rollback(1)], 0),
        ([start("a"), said(), end("a"), said()], None),
        ([said(), ANSWER], 0),
        ([said(), end(), said()], 2),
        ([said(), event("turn_aborted")], None),
        ([ANSWER], None),
        ([said(), said(), end(), rollback(1)], 0),
        ([said(), end(), said(), end(), rollback(1)], None),
        ([start(7), said(), end(8)], 0),
        ([start(7), said(), end("7")], 0),
        ([start(1), said(), end(True)], 0),
        ([start({"n": [1]}), said(), end({"n": [1]})], None),
    ],
)
def test_where_the_unfinished_turn_starts(items: list[RolloutItem], unfinished: int | None) -> None:
    """Ensure an active turn is unfinished, and without any turn start the last message that no end follows."""
    assert scan(items).unfinished == unfinished


def test_fork_turns_count_messages_of_agents_too() -> None:
    """Ensure what another agent triggers is a fork turn, is rolled back as one, and is no user message."""
    triggered = RolloutItem("inter_agent_communication", {"trigger_turn": True})
    heard = RolloutItem("inter_agent_communication_metadata", {"trigger_turn": False})
    items = [said(), ECHO, triggered, heard, triggered, rollback(1)]
    assert scan(items, fork_turns=True).positions == [0, 2]
    assert scan(items).positions == []


PARTS = st.lists(
    st.sampled_from([said(), ECHO, ANSWER, said("<skill>"), start("a"), start(), end("a"), end(), rollback(1)]),
    max_size=12,
)


@given(PARTS, PARTS)
def test_a_history_can_be_scanned_in_parts(first: list[RolloutItem], then: list[RolloutItem]) -> None:
    """Ensure what is in effect does not depend on how the items came in."""
    turns = TurnScan()
    turns.observe(first)
    turns.observe(then)
    assert turns == scan([*first, *then])


def test_real_histories_count_as_codex_counted_them(corpus: Path) -> None:
    """Ensure the effective turns of what Codex wrote are its own user_message events, where nothing was rolled back."""
    compared = 0
    for path in sorted(corpus.glob("*/**/rollout-*.jsonl")):
        items = list(rollout(path))
        kinds = [item.kind for item in items]
        if ("event_msg", "thread_rolled_back") in kinds or any(text in path.read_text() for text in UNECHOED):
            continue
        assert scan(items).count == kinds.count(("event_msg", "user_message")), path.name
        compared += 1
    assert compared > 20


def rollout(path: Path) -> Any:
    for line in path.read_text().splitlines():
        record = json.loads(line)
        yield RolloutItem(record["type"], record["payload"])
