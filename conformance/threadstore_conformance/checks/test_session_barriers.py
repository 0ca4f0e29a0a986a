"""Directed checks of when facts are sent, and in what order: SYNC-2, SYNC-3 and SYNC-5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from threadstore import AppendThreadItemsParams, RolloutItem, ShutdownThreadParams, ThreadId, TokenUsage
from threadstore import ResumeThreadParams as OpenParams
from threadstore_conformance.lab import METADATA, agent_message, clause, user_message
from threadstore_conformance.session_items import token_count, turn_context, turn_started
from threadstore_conformance.session_lab import SessionLab

from .conversations import MISSING_CLASSES, begun, say, session_seen
from .sessions import assert_facts, assert_unchanged, cold, needs, patching, reading, visible
from .unusual import GOOD_ID

#: What would be a turn's settings.
_CONTEXT = turn_context(model="model-1", effort="low", approval_policy="never")


@clause("SYNC-2")
def test_a_patch_comes_after_what_creation_said(session_lab: SessionLab) -> None:
    """Ensure create facts that a user patched before the first item stay as patched, and the others come."""
    spawn = {
        "parent_thread_id": GOOD_ID, "depth": 1, "agent_nickname": "Ada", "agent_role": "worker", "agent_path": None,
    }  # fmt: skip
    given: dict[str, Any] = {"source": {"subagent": {"thread_spawn": spawn}}, "thread_source": "subagent"}
    mine: dict[str, Any] = {
        "agent_nickname": "mine", "thread_source": "user", "model_provider": "provider-z", "memory_mode": "disabled",
        "cwd": "/src/mine", "name": "named",
    }  # fmt: skip
    for before in ((), (user_message("hello"),)):
        thread = session_lab.start(**given).thread_id
        if before:
            session_lab.append(thread, *before)
        session_lab.patch(thread, **mine)
        expected = {"source": given["source"], "agent_role": "worker", **mine}
        assert_facts(session_lab, thread, "patched", **expected)
        say(session_lab, thread, user_message("more"))
        assert_facts(session_lab, thread, "patched, and then appended to", **expected)
        session_lab.close(thread)
        assert_facts(session_lab, thread, "patched, appended to and shut down", **expected)


@clause("SYNC-2")
def test_a_patch_of_observed_facts_holds_until_items_say_more(session_lab: SessionLab) -> None:
    """Ensure a patched model stays until an item says another, through barriers, resumes and other items."""
    needs(session_lab, "raw_items")
    mine: dict[str, Any] = {"model": "mine", "reasoning_effort": "high", "token_usage": TokenUsage(9, 9, 9, 9, 9)}
    thread = visible(session_lab, _CONTEXT, token_count(7))
    session_lab.append(thread, _CONTEXT, token_count(8))
    session_lab.patch(thread, **mine)
    say(session_lab, thread, user_message("hello"), turn_started("1"))
    assert_facts(session_lab, thread, "patched, then a message", **mine)
    session_lab.close(thread)
    session_lab.resume(thread)
    say(session_lab, thread, agent_message("more"))
    assert_facts(session_lab, thread, "patched, resumed, then an answer", **mine)
    say(session_lab, thread, turn_context(model="model-2"))
    assert_facts(session_lab, thread, "patched, then a turn", **{**mine, "model": "model-2"})


@clause("SYNC-2")
def test_a_name_is_only_the_users(session_lab: SessionLab) -> None:
    """Ensure no message, goal, title, resume or restart takes the place of a name."""
    thread = begun(session_lab, agent_message("ready"))
    session_lab.patch(thread, name="mine")
    say(session_lab, thread, user_message("first"))
    assert_facts(session_lab, thread, "named, then a message", name="mine", title="first")
    session_lab.patch(thread, title="a title")
    session_lab.restart()
    session_lab.resume(thread)
    say(session_lab, thread, user_message("second"))
    session_lab.close(thread)
    assert_facts(session_lab, thread, "named, resumed, then a message", name="mine", title="a title")


@clause("SYNC-2")
def test_a_time_that_a_user_set_is_not_overtaken(session_lab: SessionLab) -> None:
    """Ensure an updated_at that was patched stays through barriers, whatever appends waited to say of it."""
    acts: dict[str, Callable[[ThreadId], None]] = {"settled": session_lab.settle, "shut down": session_lab.close}
    for what, act in acts.items():
        thread = visible(session_lab)
        for text in ("a", "b"):
            session_lab.clock.advance(1_000)
            session_lab.append(thread, agent_message(text))
        session_lab.patch(thread, updated_at=7_000)
        act(thread)
        assert_facts(session_lab, thread, f"patched, then {what}", updated_at=7_000)


@clause("SYNC-2")
def test_a_refused_patch_of_a_new_thread_changes_nothing(session_lab: SessionLab) -> None:
    """Ensure a bad patch before the first item is refused, shows nothing, and loses no create fact."""
    given: dict[str, Any] = {"source": "exec", "thread_source": "automation"}
    thread = session_lab.start(**given).thread_id
    before = None if session_lab.capabilities.lazy else session_seen(session_lab, thread)
    for bad in ({"updated_at": -1}, {"memory_mode": "sometimes"}, {"name": "mine", "model": "\ud800"}):
        session_lab.refused(patching(thread, **bad), ("refused",))
    if before:
        assert_unchanged(session_lab, thread, before, "a refused patch")
    else:
        session_lab.refused(reading(thread), MISSING_CLASSES)
    say(session_lab, thread, user_message("hello"))
    assert_facts(session_lab, thread, "a bad patch, then a message", title="hello", name=None, **given)


@clause("SYNC-2")
def test_a_refused_patch_keeps_what_was_pending(session_lab: SessionLab) -> None:
    """Ensure an archived thread's patch without the flag sends nothing, and the next barrier sends what waited."""
    needs(session_lab, "timed", "writers")
    thread = visible(session_lab)
    session_lab.archive(thread)
    session_lab.resume(thread)
    session_lab.append(thread, agent_message("sent"))
    session_lab.flush(thread)
    session_lab.clock.advance(1_000)
    session_lab.append(thread, agent_message("held back"))
    before = session_seen(session_lab, thread)
    session_lab.refused(patching(thread, include_archived=False, name="mine"), ("refused",))
    assert_unchanged(session_lab, thread, before, "a refused patch")
    session_lab.flush(thread)
    assert_facts(session_lab, thread, "then flushed", updated_at=session_lab.clock.now, name=None)


@clause("SYNC-2")
def test_an_empty_patch_is_no_barrier(session_lab: SessionLab) -> None:
    """Ensure an empty patch returns the thread, and neither changes it nor sends what waits."""
    needs(session_lab, "timed", "writers")
    thread = visible(session_lab)
    session_lab.clock.advance(1_000)
    session_lab.append(thread, agent_message("held back"))
    before = session_seen(session_lab, thread)
    assert session_lab.patch(thread) == before[0], "an empty patch must return the thread"
    assert_unchanged(session_lab, thread, before, "an empty patch")
    session_lab.flush(thread)
    assert_facts(session_lab, thread, "then flushed", updated_at=session_lab.clock.now)


@clause("SYNC-2")
def test_a_cleared_name_is_taken_by_no_message(session_lab: SessionLab) -> None:
    """Ensure a thread whose name was cleared before anything was said has none after the first message gave a title."""
    thread = begun(session_lab, agent_message("ready"))
    session_lab.patch(thread, name="mine")
    session_lab.patch(thread, name=None)
    for text in ("first", "second"):
        say(session_lab, thread, user_message(text))
        assert_facts(session_lab, thread, f"after the {text} message", name=None, title="first")
    session_lab.close(thread)
    assert session_lab.resume(thread).name is None, "a session that resumed shows the name"


@clause("SYNC-3")
def test_a_thread_that_nobody_used_leaves_no_trace(session_lab: SessionLab) -> None:
    """Ensure a hidden thread stays hidden through flush, shutdown and discard, and is gone after the last two."""
    needs(session_lab, "lazy")
    ways = (("close",), ("flush", "close"), ("discard",), ("flush", "discard"))
    for acts in ways if session_lab.session.writers else ways[:1]:
        thread = session_lab.start().thread_id
        for act in acts:
            getattr(session_lab, act)(thread)
            session_lab.refused(reading(thread), MISSING_CLASSES)
            assert session_lab.listed() == [], f"{act} showed a thread that nobody used"
    session_lab.restart()
    assert session_lab.listed() == [], "a restart showed threads that nobody used"


@clause("SYNC-3")
def test_create_facts_wait_for_the_thread_to_be_used(session_lab: SessionLab) -> None:
    """Ensure a flush sends no create facts, and the first append, persist or patch that is not empty sends them."""
    needs(session_lab, "writers")
    _with_version(session_lab)
    acts: dict[str, Callable[[ThreadId], object]] = {
        "an append": lambda thread: say(session_lab, thread, agent_message("ready")),
        "a persist": session_lab.persist,
        "a patch": lambda thread: session_lab.patch(thread, memory_mode="disabled"),
    }
    for what, act in acts.items():
        thread = session_lab.start().thread_id
        before = None if session_lab.capabilities.lazy else session_seen(session_lab, thread)
        session_lab.flush(thread)
        if before:
            assert_unchanged(session_lab, thread, before, "a flush of a new thread")
        act(thread)
        assert_facts(session_lab, thread, f"after {what}", cli_version="7.8.9")


@clause("SYNC-3")
def test_closing_an_eager_thread_sends_no_create_facts(session_lab: SessionLab) -> None:
    """Ensure shutdown and discard of a thread without items leave it as the store made it."""
    needs(session_lab, "writers")
    if session_lab.capabilities.lazy:
        pytest.skip("not testable: needs not lazy")
    _with_version(session_lab)
    for act in (session_lab.close, session_lab.discard):
        thread = session_lab.start().thread_id
        before = session_seen(session_lab, thread)
        session_lab.clock.advance(60_000)
        act(thread)
        assert_unchanged(session_lab, thread, before, "closing a new thread")


@clause("SYNC-3")
def test_create_facts_move_no_time(session_lab: SessionLab) -> None:
    """Ensure a thread that was persisted long after its start reads as updated when it was created."""
    needs(session_lab, "writers")
    thread = session_lab.start().thread_id
    session_lab.clock.advance(60_000)
    session_lab.persist(thread)
    stored = session_lab.read(thread)
    times = {stored.created_at, stored.updated_at, stored.recency_at}
    assert len(times) == 1, f"a thread without items must have one time, it has {times}"


@clause("SYNC-3")
def test_resume_makes_good_what_the_thread_lacks(session_lab: SessionLab) -> None:
    """Ensure what only the history tells waits through resume, flush and shutdown, and comes with the first append."""
    items = (user_message("first"), _CONTEXT, token_count(7))
    told: dict[str, Any] = {
        "preview": "first", "title": "first", "first_user_message": "first", "model": "model-1",
        "reasoning_effort": "low", "token_usage": TokenUsage(7, 0, 0, 0, 7),
    }  # fmt: skip
    thread = cold(session_lab, agent_message("ready"))
    _written_beneath(session_lab, thread, *items)
    before = session_seen(session_lab, thread)
    assert before[0].title is None, "the store itself made a title of what was appended (APPEND-3)"
    for act in (session_lab.close, session_lab.discard):
        session_lab.resume(thread)
        session_lab.settle(thread)
        act(thread)
        assert_unchanged(session_lab, thread, before, "opening and closing a thread that lacks facts")
    session_lab.resume(thread)
    say(session_lab, thread, user_message("second"))
    assert_facts(session_lab, thread, "resumed, then a message", **told)


@clause("SYNC-3")
def test_a_patch_sends_what_a_resume_found_and_a_persist_does_not(session_lab: SessionLab) -> None:
    """Ensure a persist of a resumed thread writes nothing, and a patch sends it without moving a time."""
    thread = cold(session_lab, agent_message("ready"))
    _written_beneath(session_lab, thread, user_message("first"))
    before = session_seen(session_lab, thread)
    session_lab.clock.advance(60_000)
    session_lab.resume(thread)
    session_lab.persist(thread)
    session_lab.settle(thread)
    assert_unchanged(session_lab, thread, before, "a persist of a thread that was resumed")
    session_lab.patch(thread, memory_mode="disabled")
    assert_facts(session_lab, thread, "resumed, then patched", title="first", updated_at=before[0].updated_at)


@clause("SYNC-3")
def test_resume_makes_good_a_directory(session_lab: SessionLab) -> None:
    """Ensure a thread without a directory gets the first that its history tells, though a later turn tells another."""
    if session_lab.capabilities.requires_cwd:
        pytest.skip("not testable: every thread has a directory")
    nowhere = attrs.evolve(METADATA, cwd=None)
    thread = cold(session_lab, agent_message("ready"), metadata=nowhere)
    _written_beneath(session_lab, thread, turn_context(cwd=""), turn_context(cwd="/first"), turn_context(cwd="/second"))
    session_lab.resume(thread, metadata=nowhere)
    say(session_lab, thread, turn_context(cwd="/third"))
    assert_facts(session_lab, thread, "resumed, then told another directory", cwd="/first")


@clause("SYNC-3", "SYNC-2")
def test_resume_sends_nothing_that_the_thread_has(session_lab: SessionLab) -> None:
    """Ensure what was patched stays where the history says otherwise, and only what is missing comes."""
    thread = cold(session_lab, agent_message("ready"))
    _written_beneath(session_lab, thread, user_message("first"), _CONTEXT)
    session_lab.patch(thread, preview="mine", model="mine", updated_at=7_000)
    session_lab.resume(thread)
    say(session_lab, thread, agent_message("more"))
    expected = {"preview": "mine", "model": "mine", "title": "first", "reasoning_effort": "low"}
    assert_facts(session_lab, thread, "patched, resumed, appended to", **expected)


def _with_version(session_lab: SessionLab) -> None:
    """Start the process again with a version to tell: the one create fact that no store reads out of the creation."""
    if session_lab.store is None:
        pytest.skip("not testable: the suite does not choose the program's version")
    session_lab.process.settings = attrs.evolve(session_lab.process.settings, cli_version="7.8.9")
    session_lab.untold = "and the program was of version 7.8.9"
    session_lab.restart()


def _written_beneath(session_lab: SessionLab, thread: ThreadId, *items: RolloutItem) -> None:
    """Append to a cold thread as one would that sends no metadata: through the store."""
    store = session_lab.store
    if store is None:
        pytest.skip("not testable: the store beneath is not shown")
    session_lab.untold = f"and {list(items)} were appended through the store"
    store.resume_thread(OpenParams(thread_id=thread, metadata=METADATA))
    store.append_items(AppendThreadItemsParams(thread_id=thread, items=items))
    store.shutdown_thread(ShutdownThreadParams(thread_id=thread))
