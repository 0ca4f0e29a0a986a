"""Directed checks of metadata that the store does not take: SYNC-4."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from threadstore import (
    ArchiveThreadParams,
    Conflict,
    ErrorKind,
    FlushThreadParams,
    Internal,
    InvalidRequest,
    PersistThreadParams,
    ResourceExhausted,
    ShutdownThreadParams,
    ThreadId,
    ThreadStoreError,
    Unsupported,
)
from threadstore.manager_params import ManagerOperation
from threadstore_conformance.lab import agent_message, clause, user_message
from threadstore_conformance.session_items import turn_context, turn_started
from threadstore_conformance.session_lab import SessionLab

from .conversations import assert_items, begun, session_seen, turns_of
from .sessions import appending, assert_facts, assert_unchanged, cold, patching, visible

_PATCH = "update_thread_metadata"
_FIRST, _SECOND = user_message("first"), user_message("second")


def _shown(text: str) -> dict[str, Any]:
    return {"preview": text, "first_user_message": text, "title": text}


#: What sends what is pending, of a loaded thread.
_BARRIERS: dict[str, Callable[[ThreadId], ManagerOperation]] = {
    "flush": lambda thread: FlushThreadParams(thread_id=thread),
    "persist": lambda thread: PersistThreadParams(thread_id=thread),
    "shutdown": lambda thread: ShutdownThreadParams(thread_id=thread),
}

#: Whatever sends it: barriers, and what else goes out.
_SENDING: dict[str, Callable[[ThreadId], ManagerOperation]] = {
    **_BARRIERS,
    "archive": lambda thread: ArchiveThreadParams(thread_id=thread),
    "an append": lambda thread: appending(thread, agent_message("more")),
    "a patch": lambda thread: patching(thread, name="named"),
}


def _accepted(error: ThreadStoreError) -> bool:
    return getattr(error, "history_accepted", False) is True


def _assert_said(error: ThreadStoreError, what: str, *, accepted: bool = True) -> None:
    due = "must say" if accepted else "must not say"
    assert _accepted(error) == accepted, f"{what}: the error {due} history_accepted, it is {error!r}"


def _unsent(session_lab: SessionLab) -> ThreadId:
    """Make a thread of which a first message is stored, and nothing that it says."""
    thread = begun(session_lab, agent_message("ready"))
    session_lab.failing(_PATCH)
    _assert_said(session_lab.refused(appending(thread, _FIRST), ("failed",)), "an append of which the patch failed")
    return thread


@clause("SYNC-4")
def test_an_append_says_that_its_history_was_accepted(session_lab: SessionLab) -> None:
    """Ensure an append whose patch fails has the category of that failure, and its items are stored once."""
    errors = {
        ErrorKind.INTERNAL: Internal("disk"),
        ErrorKind.INVALID_REQUEST: InvalidRequest("no"),
        ErrorKind.CONFLICT: Conflict("busy"),
        ErrorKind.RESOURCE_EXHAUSTED: ResourceExhausted("full"),
        ErrorKind.UNSUPPORTED: Unsupported("metadata"),
    }
    for kind, failure in errors.items():
        thread = begun(session_lab, agent_message("ready"))
        session_lab.failing(_PATCH, error=failure)
        error = session_lab.refused(appending(thread, _FIRST), ("failed", "refused", "unsupported"))
        _assert_said(error, f"a patch that failed as {kind.value}")
        assert error.kind is kind, f"a patch that failed as {kind.value} was told as {error!r}"
        assert_items([agent_message("ready"), _FIRST], session_lab.items(thread), "after the failure")
        assert thread in session_lab.loaded(), "an append whose patch failed unloaded its thread"


@clause("SYNC-4")
def test_whatever_comes_next_sends_what_failed(session_lab: SessionLab) -> None:
    """Ensure the facts of an append whose patch failed arrive with the next barrier, patch or append."""
    for what, operation in _SENDING.items():
        thread = _unsent(session_lab)
        assert_facts(session_lab, thread, "before the next barrier", preview="", title=None)
        answer = session_lab.answer(operation(thread))
        assert not isinstance(answer, ThreadStoreError), f"{what} after a failed patch: {answer!r}"
        assert_facts(session_lab, thread, f"after {what}", **_shown("first"))
        items = [item for item in session_lab.items(thread) if item != agent_message("more")]
        assert_items([agent_message("ready"), _FIRST], items, f"after {what}")


@clause("SYNC-4")
def test_a_barrier_that_fails_again_says_so_again(session_lab: SessionLab) -> None:
    """Ensure a patch that fails twice is reported twice, and the second barrier sends it."""
    for what, operation in _BARRIERS.items():
        thread = _unsent(session_lab)
        session_lab.failing(_PATCH)
        _assert_said(session_lab.refused(operation(thread), ("failed",)), f"{what} of which the patch failed")
        assert thread in session_lab.loaded(), f"a failed {what} unloaded its thread"
        assert_facts(session_lab, thread, f"after a failed {what}", preview="", title=None)
        answer = session_lab.answer(operation(thread))
        assert not isinstance(answer, ThreadStoreError), f"{what} after a failed {what}: {answer!r}"
        assert_facts(session_lab, thread, f"after the second {what}", **_shown("first"))
        assert_items([agent_message("ready"), _FIRST], session_lab.items(thread), f"after two times {what}")


@clause("SYNC-4")
def test_a_store_that_never_takes_a_patch_loses_no_item(session_lab: SessionLab) -> None:
    """Ensure with every patch failing each append says so, history has each item once, and all facts come at last."""
    thread = begun(session_lab, agent_message("ready"))
    session_lab.failing(_PATCH, times=1_000)
    items = [user_message(f"message {number}") for number in range(4)]
    for item in items:
        session_lab.clock.advance(6_000)
        _assert_said(session_lab.refused(appending(thread, item), ("failed",)), "an append")
    for what in ("flush", "persist", "shutdown", "flush"):
        _assert_said(session_lab.refused(_BARRIERS[what](thread), ("failed",)), what)
    assert_items([agent_message("ready"), *items], session_lab.items(thread), "while every patch fails")
    session_lab.failing(_PATCH, times=0)
    session_lab.flush(thread)
    assert_facts(session_lab, thread, "when patches are taken again", **_shown("message 0"))
    assert session_lab.read(thread).updated_at == session_lab.clock.now or not session_lab.session.timed
    assert_items([agent_message("ready"), *items], session_lab.items(thread), "when patches are taken again")


@clause("SYNC-4")
def test_what_was_taken_is_not_sent_again(session_lab: SessionLab) -> None:
    """Ensure after a barrier made a failed patch good there is nothing left to fail."""
    thread = _unsent(session_lab)
    session_lab.flush(thread)
    session_lab.failing(_PATCH, times=3)
    before = session_seen(session_lab, thread)
    for what in ("flush", "persist", "flush"):
        answer = session_lab.answer(_BARRIERS[what](thread))
        assert not isinstance(answer, ThreadStoreError), f"{what} with nothing left to send answered {answer!r}"
    session_lab.failing(_PATCH, times=0)
    session_lab.clock.advance(60_000)
    session_lab.close(thread)
    assert_unchanged(session_lab, thread, before, "barriers with nothing left to send")


@clause("SYNC-4")
def test_facts_that_failed_are_merged_with_later_ones(session_lab: SessionLab) -> None:
    """Ensure the first message of a failed patch stays first, later settings win, and a turn keeps its start."""
    thread = begun(session_lab, agent_message("ready"))
    session_lab.clock.advance(6_000)
    started = session_lab.clock.now
    session_lab.failing(_PATCH, times=2)
    session_lab.refused(
        appending(thread, turn_started("1"), _FIRST, turn_context(model="a", effort="low")), ("failed",)
    )
    session_lab.clock.advance(6_000)
    session_lab.refused(appending(thread, _SECOND, turn_context(model="b")), ("failed",))
    session_lab.flush(thread)
    expected = {**_shown("first"), "model": "b", "reasoning_effort": "low"}
    assert_facts(session_lab, thread, "after two failed patches and a barrier", **expected)
    if session_lab.session.timed:
        assert_facts(session_lab, thread, "after both", recency_at=started, updated_at=session_lab.clock.now)


@clause("SYNC-4", "SYNC-2")
def test_a_patch_that_fails_changes_nothing_and_loses_nothing(session_lab: SessionLab) -> None:
    """Ensure neither a failed patch nor the facts pending with it arrive, and the next barrier sends only facts."""
    thread = _unsent(session_lab)
    before = session_seen(session_lab, thread)
    session_lab.failing(_PATCH)
    session_lab.refused(patching(thread, name="mine", title="mine"), ("failed",))
    assert_unchanged(session_lab, thread, before, "a patch that failed")
    assert session_lab.resume(thread).name is None, "the session shows a name that was refused"
    session_lab.flush(thread)
    assert_facts(session_lab, thread, "then flushed", **_shown("first"), name=None)


@clause("SYNC-4", "SYNC-2")
def test_a_patch_after_a_failure_wins_over_what_failed(session_lab: SessionLab) -> None:
    """Ensure an explicit title is merged over the pending one, and is not undone by a barrier or a message."""
    thread = _unsent(session_lab)
    session_lab.patch(thread, title="mine")
    expected = {**_shown("first"), "title": "mine"}
    assert_facts(session_lab, thread, "patched after a failure", **expected)
    session_lab.flush(thread)
    session_lab.append(thread, _SECOND)
    session_lab.close(thread)
    assert_facts(session_lab, thread, "patched, then a message", **expected)


@clause("SYNC-4")
def test_create_facts_that_fail_say_that_no_item_was_accepted(session_lab: SessionLab) -> None:
    """Ensure a persist whose patch fails does not claim history for a thread without items, and can be repeated."""
    thread = session_lab.start(thread_source="automation").thread_id
    session_lab.failing(_PATCH)
    error = session_lab.refused(_BARRIERS["persist"](thread), ("failed",))
    _assert_said(error, "a persist of a thread without items", accepted=False)
    session_lab.persist(thread)
    assert_facts(session_lab, thread, "persisted at last", thread_source="automation")


@clause("SYNC-4")
def test_an_append_that_fails_is_not_observed(session_lab: SessionLab) -> None:
    """Ensure items that the store refused say nothing and count no turn, and can be appended again."""
    thread = begun(session_lab, agent_message("ready"))
    before, turns = session_seen(session_lab, thread), turns_of(session_lab, thread)
    session_lab.failing("append_items")
    error = session_lab.refused(appending(thread, _FIRST), ("failed",))
    _assert_said(error, "an append that the store refused", accepted=False)
    session_lab.flush(thread)
    assert_unchanged(session_lab, thread, before, "an append that the store refused")
    assert turns_of(session_lab, thread) == turns, "a refused message was counted as a turn"
    session_lab.append(thread, _SECOND)
    session_lab.append(thread, _FIRST)
    session_lab.flush(thread)
    assert_facts(session_lab, thread, "appended at last", **_shown("second"))
    assert_items([agent_message("ready"), _SECOND, _FIRST], session_lab.items(thread), "appended at last")
    assert turns_of(session_lab, thread) == turns + 2


@clause("SYNC-4")
def test_a_barrier_that_the_store_refuses_is_told(session_lab: SessionLab) -> None:
    """Ensure a flush, persist or shutdown that fails in the store is reported, and leaves a thread that goes on."""
    for what, operation in _BARRIERS.items():
        thread = visible(session_lab)
        session_lab.failing(f"{what}_thread")
        session_lab.refused(operation(thread), ("failed",))
        assert thread in session_lab.loaded(), f"a failed {what} unloaded its thread"
        session_lab.append(thread, _SECOND)
        answer = session_lab.answer(operation(thread))
        assert not isinstance(answer, ThreadStoreError), f"{what} after a failed {what}: {answer!r}"
        assert_items([user_message("hello"), _SECOND], session_lab.items(thread), f"after a failed {what}")


@clause("SYNC-4", "ROUTE-2")
def test_an_archive_whose_shutdown_fails_moves_nothing(session_lab: SessionLab) -> None:
    """Ensure the thread stays loaded, active and writable, and is archived when asked again."""
    for method in (_PATCH, "shutdown_thread"):
        thread = _unsent(session_lab)
        session_lab.failing(method)
        session_lab.refused(ArchiveThreadParams(thread_id=thread), ("failed",))
        assert thread in session_lab.loaded(), f"an archive that failed at {method} unloaded its thread"
        assert session_lab.read(thread).archived_at is None, f"an archive that failed at {method} archived its thread"
        session_lab.append(thread, _SECOND)
        session_lab.archive(thread)
        assert thread not in session_lab.loaded()
        assert_facts(session_lab, thread, "archived at last", **_shown("first"))


@clause("SYNC-4", "ROUTE-2")
def test_a_discard_after_a_failure_sends_nothing(session_lab: SessionLab) -> None:
    """Ensure the items of a failed patch stay, its facts are not sent, and the next session makes them good."""
    thread = _unsent(session_lab)
    before = session_seen(session_lab, thread)
    session_lab.discard(thread)
    assert_unchanged(session_lab, thread, before, "a discard")
    session_lab.resume(thread)
    session_lab.append(thread, _SECOND)
    session_lab.flush(thread)
    assert_facts(session_lab, thread, "resumed after a discard", **_shown("first"))
    assert_items([agent_message("ready"), _FIRST, _SECOND], session_lab.items(thread), "resumed after a discard")


@clause("SYNC-4")
def test_what_resume_found_is_kept_until_it_is_taken(session_lab: SessionLab) -> None:
    """Ensure facts that a resume makes good survive a failure, and arrive together with the append's."""
    thread = _unsent(session_lab)
    session_lab.discard(thread)
    session_lab.resume(thread)
    session_lab.failing(_PATCH)
    _assert_said(session_lab.refused(appending(thread, turn_context(model="a")), ("failed",)), "the first append")
    session_lab.flush(thread)
    assert_facts(session_lab, thread, "at the barrier after it", **_shown("first"), model="a")


@clause("SYNC-4")
def test_one_threads_failure_is_not_anothers(session_lab: SessionLab) -> None:
    """Ensure what one thread could not send is neither sent nor reported by another."""
    other = cold(session_lab, user_message("other"))
    session_lab.resume(other)
    thread = _unsent(session_lab)
    session_lab.append(other, agent_message("more"))
    session_lab.close(other)
    assert_facts(session_lab, other, "beside a failure", **_shown("other"))
    session_lab.flush(thread)
    assert_facts(session_lab, thread, "at its own barrier", **_shown("first"))
