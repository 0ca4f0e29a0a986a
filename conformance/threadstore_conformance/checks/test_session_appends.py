"""Directed checks of what a start answers with, and of what an append keeps: ROUTE-2."""

from __future__ import annotations

from typing import Any

from threadstore import RolloutItem, is_thread_id
from threadstore_conformance.lab import agent_message, clause, user_message
from threadstore_conformance.session_items import event, user_response
from threadstore_conformance.session_lab import SessionLab

from .conversations import MISSING_CLASSES, assert_items, say, session_seen
from .sessions import appending, assert_shown, assert_unchanged, elsewhere, needs, reading, visible
from .unusual import GOOD_ID


@clause("ROUTE-2")
def test_start_answers_with_what_was_given(session_lab: SessionLab) -> None:
    """Ensure a new thread has a new id, is its own session, and shows every fact that the caller gave."""
    given: dict[str, Any] = {
        "source": {"custom": {"a": 1}}, "thread_source": "automation", "base_instructions": {"text": "be brief"},
        "dynamic_tools": ({"name": "tool"},), "selected_capability_roots": ("root",), "multi_agent_version": "v2",
        "parent_thread_id": GOOD_ID, "forked_from_id": GOOD_ID,
    }  # fmt: skip
    thread = session_lab.start(metadata=elsewhere(), **given)
    there = {"cwd": "/src/elsewhere", "model_provider": "provider-b", "memory_mode": "disabled"}
    expected = {"session_id": thread.thread_id, "name": None, "turns": 0, "ephemeral": False, **there, **given}
    assert_shown(thread, "started with facts", **expected)
    others = [session_lab.start() for _ in range(3)]
    ids = {other.thread_id for other in others} | {thread.thread_id, GOOD_ID}
    assert len(ids) == 5, "two threads have one id"
    assert all(map(is_thread_id, ids)), f"one of {ids} is no thread id"


@clause("ROUTE-2")
def test_start_answers_with_what_the_source_says(session_lab: SessionLab) -> None:
    """Ensure a thread that is started for a spawner shows the parent and the agent that its source names."""
    agent = {"agent_nickname": "Ada", "agent_role": None, "agent_path": "/agents/ada"}
    source: Any = {"subagent": {"thread_spawn": {"parent_thread_id": GOOD_ID, "depth": 1, **agent}}}
    thread = session_lab.start(source=source)
    assert_shown(thread, "started for a spawner", source=source, parent_thread_id=GOOD_ID, **agent)


@clause("ROUTE-2")
def test_items_come_back_once_and_in_order(session_lab: SessionLab) -> None:
    """Ensure what was appended in many batches is the history, through shutdown, resume and restart."""
    needs(session_lab, "raw_items")
    thread = session_lab.start().thread_id
    items: list[RolloutItem] = []
    for number in range(4):
        batch = [user_response(f"{number}"), user_message(f"{number}"), agent_message("same"), agent_message("same")]
        session_lab.append(thread, *batch)
        items += batch
        if number == 1:
            session_lab.close(thread)
            session_lab.resume(thread)
        if number == 2:
            session_lab.settle(thread)
            session_lab.restart()
            session_lab.resume(thread)
    session_lab.settle(thread)
    assert_items(items, session_lab.items(thread), "four batches")
    session_lab.restart()
    assert_items(items, session_lab.items(thread), "after a restart")


@clause("ROUTE-2")
def test_what_the_policy_drops_is_dropped(session_lab: SessionLab) -> None:
    """Ensure an append of dropped items alone changes nothing, and mixed ones leave what is kept."""
    needs(session_lab, "raw_items")
    dropped = (
        event("error", message="dropped"),
        RolloutItem("no_such_type", {}),
        event("thread_name_updated", thread_name="n"),
    )
    thread = visible(session_lab)
    before = session_seen(session_lab, thread)
    session_lab.clock.advance(60_000)
    say(session_lab, thread, *dropped)
    say(session_lab, thread)
    assert_unchanged(session_lab, thread, before, "an append of which nothing is kept")
    say(session_lab, thread, dropped[0], agent_message("kept"), *dropped[1:], user_message("kept too"))
    due = [user_message("hello"), agent_message("kept"), user_message("kept too")]
    assert_items(due, session_lab.items(thread), "a mixed append")
    hidden = session_lab.start().thread_id
    say(session_lab, hidden, *dropped)
    if session_lab.capabilities.lazy:
        session_lab.refused(reading(hidden), MISSING_CLASSES)


@clause("ROUTE-2")
def test_an_append_with_one_bad_item_is_refused_whole(session_lab: SessionLab) -> None:
    """Ensure what is no JSON is refused, in kept items and in dropped ones, and nothing beside it is kept."""
    needs(session_lab, "raw_items")
    thread = visible(session_lab)
    before = session_seen(session_lab, thread)
    turns = session_lab.resume(thread).turns
    session_lab.clock.advance(60_000)
    bad: Any = (float("nan"), float("inf"), {1: "a key"}, ("a tuple",), object(), "\ud800", b"bytes")
    for value in bad:
        for kind in ("user_message", "error"):
            item = RolloutItem("event_msg", {"type": kind, "message": value})
            refused = appending(thread, user_message("beside it"), item, agent_message("and after"))
            session_lab.refused(refused, ("refused",))
            assert_unchanged(session_lab, thread, before, f"an append that held {value!r}")
    assert session_lab.resume(thread).turns == turns, "a refused message was counted as a turn"
    say(session_lab, thread, user_message("beside it"))
    assert_items([user_message("hello"), user_message("beside it")], session_lab.items(thread), "appended by itself")
