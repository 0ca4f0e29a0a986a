"""Directed checks of what the first item decides, and of what alone moves recency: SYNC-1b and SYNC-1c."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from threadstore import RolloutItem, ThreadId
from threadstore_conformance.lab import agent_message, clause, user_message
from threadstore_conformance.session_items import (
    goal,
    rolled_back,
    token_count,
    turn_aborted,
    turn_complete,
    turn_context,
    turn_started,
    user_response,
)
from threadstore_conformance.session_lab import SessionLab

from .conversations import begun, say
from .sessions import AGES_MS, assert_facts, cold, needs, visible

#: A message of images alone.
_IMAGE = user_message("", images=["data:x"])


def _shown(text: str) -> dict[str, Any]:
    return {"preview": text, "first_user_message": text, "title": text}


def _reopen(session_lab: SessionLab, thread: ThreadId) -> None:
    session_lab.close(thread)
    session_lab.resume(thread)


def _restart(session_lab: SessionLab, thread: ThreadId) -> None:
    session_lab.settle(thread)
    session_lab.restart()
    session_lab.resume(thread)


def _nothing(session_lab: SessionLab, thread: ThreadId) -> None:
    session_lab.settle(thread)


#: What may happen between two appends, and changes nothing of what they say.
_BETWEEN: dict[str, Callable[[SessionLab, ThreadId], None]] = {
    "a barrier": _nothing,
    "a shutdown and a resume": _reopen,
    "a restart and a resume": _restart,
}

#: Items in order, and what they say of their thread together.
_ORDERS: tuple[tuple[str, tuple[RolloutItem, ...], dict[str, Any]], ...] = (
    ("two messages", (user_message("first"), user_message("second")), _shown("first")),
    ("the same message first and last", (user_message("a"), user_message("b"), user_message("a")), _shown("a")),
    (
        "a goal, then a message, then a goal",
        (goal("win"), user_message("first"), goal("lose")),
        {"preview": "win", "first_user_message": "first", "title": "first"},
    ),
    ("a message, then a goal", (user_message("first"), goal("win")), _shown("first")),
    ("two goals", (goal("win"), goal("lose")), {"preview": "win", "first_user_message": None, "title": None}),
    ("a blank goal, then a message", (goal(" "), user_message("first")), _shown("first")),
    (
        "images, then text, then more text",
        (_IMAGE, user_message("words"), user_message("more words")),
        {"preview": "[Image]", "first_user_message": "[Image]", "title": "words"},
    ),
    ("text, then images", (user_message("words"), _IMAGE), _shown("words")),
    ("nothing, then a message", (user_message("  "), user_message("first"), user_message("second")), _shown("first")),
    (
        "a goal, then images, then text",
        (goal("win"), _IMAGE, user_message("words")),
        {"preview": "win", "first_user_message": "[Image]", "title": "words"},
    ),
    (
        "a message taken back, then another",
        (user_message("first"), rolled_back(1), user_message("second")),
        _shown("first"),
    ),
)


@clause("SYNC-1b")
def test_what_came_first_stays(session_lab: SessionLab) -> None:
    """Ensure preview, first message and title are each that of the first item with one, all in one append or apart."""
    needs(session_lab, "raw_items")
    for what, items, expected in _ORDERS:
        assert_facts(session_lab, visible(session_lab, *items), f"{what}, in one append", **expected)
    for how, between in _BETWEEN.items():
        for what, (first, *rest), expected in _ORDERS:
            thread = begun(session_lab, first)
            for item in rest:
                between(session_lab, thread)
                session_lab.append(thread, item)
            session_lab.settle(thread)
            assert_facts(session_lab, thread, f"{what}, with {how} between", **expected)


@clause("SYNC-1b")
def test_a_later_message_does_not_rename_its_thread(session_lab: SessionLab) -> None:
    """Ensure a second message leaves preview, first message and title, also after a resume."""
    thread = visible(session_lab, user_message("first"))
    say(session_lab, thread, user_message("second"))
    assert_facts(session_lab, thread, "after a second message", **_shown("first"))
    _reopen(session_lab, thread)
    say(session_lab, thread, user_message("third"))
    assert_facts(session_lab, thread, "after a resume and a third message", **_shown("first"))


@clause("SYNC-1b", "SYNC-2")
def test_what_a_user_set_is_not_the_first_messages_to_set(session_lab: SessionLab) -> None:
    """Ensure a first-wins field that was patched before any message stays, and the message gives the other two."""
    for how, between in _BETWEEN.items():
        for field in ("preview", "title", "first_user_message"):
            thread = begun(session_lab, agent_message("ready"))
            session_lab.patch(thread, **{field: "mine"})  # type: ignore[arg-type]
            between(session_lab, thread)
            say(session_lab, thread, user_message("first"))
            between(session_lab, thread)
            say(session_lab, thread, user_message("second"))
            expected = {**_shown("first"), field: "mine"}
            assert_facts(session_lab, thread, f"{field} was patched, with {how} between", **expected)


@clause("SYNC-1b")
def test_what_a_user_set_while_cold_is_not_the_first_messages_to_set(session_lab: SessionLab) -> None:
    """Ensure a first-wins field that the stored thread has stands after a resume; an empty one does not."""
    thread = cold(session_lab, agent_message("ready"))
    session_lab.patch(thread, title="mine", preview="")
    session_lab.resume(thread)
    say(session_lab, thread, user_message("first"))
    expected = {**_shown("first"), "title": "mine"}
    assert_facts(session_lab, thread, "its title patched while cold, its preview emptied", **expected)


@clause("SYNC-1b")
def test_what_the_history_said_stands_though_it_was_patched_since(session_lab: SessionLab) -> None:
    """Ensure a thread whose first message was said, and its title patched since, takes neither from a later one."""
    thread = cold(session_lab, user_message("first"))
    session_lab.patch(thread, title="mine", first_user_message="my own words")
    session_lab.resume(thread)
    say(session_lab, thread, user_message("second"))
    expected = {"preview": "first", "title": "mine", "first_user_message": "my own words"}
    assert_facts(session_lab, thread, "patched while cold", **expected)


@clause("SYNC-1c")
def test_a_turn_start_moves_recency(session_lab: SessionLab) -> None:
    """Ensure either name of a turn's start advances recency_at to the time of its append, in whatever company."""
    needs(session_lab, "raw_items")
    batches = {
        "task_started": (turn_started("1"),),
        "turn_started": (turn_started("2", "turn_started"),),
        "a start among other items": (agent_message("a"), turn_started("3"), user_message("b"), turn_complete("3")),
        "a start without an id": (turn_started(),),
    }
    thread = visible(session_lab)
    for what, items in batches.items():
        session_lab.clock.advance(AGES_MS)
        before = session_lab.read(thread).recency_at
        say(session_lab, thread, *items)
        after = session_lab.read(thread).recency_at
        assert after > before or not session_lab.session.timed, f"{what} did not move recency_at from {before}"
        if session_lab.session.timed:
            assert after == session_lab.clock.now, f"{what} at {session_lab.clock.now} moved recency_at to {after}"


@clause("SYNC-1c")
def test_nothing_that_follows_a_start_moves_recency(session_lab: SessionLab) -> None:
    """Ensure output, counts, settings, ends, messages and rollbacks leave recency_at where it was."""
    needs(session_lab, "raw_items")
    thread = visible(session_lab, turn_started("1"), user_message("hello"))
    before = session_lab.read(thread).recency_at
    others = (
        agent_message("a"), user_message("b"), user_response("c"), token_count(7), goal("win"), rolled_back(1),
        turn_context(model="m"), turn_complete("1"), turn_complete("1", "turn_complete"), turn_aborted("1"),
    )  # fmt: skip
    for item in others:
        session_lab.clock.advance(AGES_MS)
        say(session_lab, thread, item)
        after = session_lab.read(thread).recency_at
        assert before == after, f"{item} moved recency_at from {before} to {after}"


@clause("SYNC-1c")
def test_no_operation_moves_recency(session_lab: SessionLab) -> None:
    """Ensure a message, patches, barriers, a shutdown, a resume and a restart leave recency_at."""
    needs(session_lab, "raw_items")
    thread = visible(session_lab)
    before = session_lab.read(thread).recency_at
    acts: dict[str, Callable[[], object]] = {
        "a message": lambda: say(session_lab, thread, user_message("more")),
        "a patch": lambda: session_lab.patch(thread, name="named", updated_at=7_000, memory_mode="disabled"),
        "a barrier": lambda: session_lab.settle(thread),
        "a shutdown": lambda: session_lab.close(thread),
        "a resume": lambda: session_lab.resume(thread),
        "a message after the resume": lambda: say(session_lab, thread, agent_message("yes")),
        "a restart": session_lab.restart,
        "a resume after the restart": lambda: session_lab.resume(thread),
        "an archive": lambda: session_lab.archive(thread),
        "an unarchive": lambda: session_lab.unarchive(thread),
    }
    for what, act in acts.items():
        session_lab.clock.advance(AGES_MS)
        act()
        after = session_lab.read(thread).recency_at
        assert before == after, f"{what} moved recency_at from {before} to {after}"


@clause("SYNC-1c")
def test_a_start_that_another_append_follows_keeps_its_time(session_lab: SessionLab) -> None:
    """Ensure later output of a turn does not carry its start along, with and without a barrier between."""
    needs(session_lab, "raw_items", "timed")
    for settled in (True, False):
        thread = visible(session_lab)
        session_lab.clock.advance(AGES_MS)
        started = session_lab.clock.now
        session_lab.append(thread, turn_started("1"))
        for text in ("a", "b"):
            if settled:
                session_lab.settle(thread)
            session_lab.clock.advance(1_000)
            session_lab.append(thread, agent_message(text))
        session_lab.settle(thread)
        stored = session_lab.read(thread)
        assert stored.recency_at == started, f"a turn began at {started}, recency_at is {stored.recency_at}"
        assert stored.updated_at == session_lab.clock.now, f"updated_at is {stored.updated_at}"
