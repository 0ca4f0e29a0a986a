"""Directed checks of threads of which nothing is stored: ROUTE-1b."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from threadstore import (
    ArchiveThreadParams,
    DeleteThreadParams,
    ErrorKind,
    LoadThreadHistoryParams,
    ReadThreadParams,
    RolloutItem,
    ThreadId,
    UnarchiveThreadParams,
)
from threadstore.manager_params import ManagerOperation, ResumeParams
from threadstore.session import CONSUMERS
from threadstore_conformance.lab import METADATA, agent_message, clause, user_message
from threadstore_conformance.session_items import rolled_back, session_meta
from threadstore_conformance.session_lab import SessionLab

from .conversations import MISSING_CLASSES, say, session_seen, turn
from .originators import two_names
from .sessions import appending, assert_unchanged, needs, patching, visible
from .unusual import GOOD_ID

#: What is asked of the store beneath, and finds nothing there.
_OF_THE_STORE: tuple[Callable[[ThreadId], ManagerOperation], ...] = (
    lambda thread: ReadThreadParams(thread_id=thread, include_archived=True),
    lambda thread: LoadThreadHistoryParams(thread_id=thread, include_archived=True),
    lambda thread: ArchiveThreadParams(thread_id=thread),
    lambda thread: UnarchiveThreadParams(thread_id=thread),
    lambda thread: DeleteThreadParams(thread_id=thread),
)


def _ephemeral(session_lab: SessionLab, **given: Any) -> ThreadId:
    thread = session_lab.start(ephemeral=True, **given)
    assert thread.ephemeral, f"a thread that was asked to be ephemeral shows {thread}"
    return thread.thread_id


def _assert_nowhere(session_lab: SessionLab, what: str) -> None:
    for archived in (False, True):
        shown = session_lab.listed(archived=archived)
        assert shown == [], f"{what}: an ephemeral thread is listed, {shown}"


@clause("ROUTE-1b")
def test_nothing_is_kept_of_an_ephemeral_thread(session_lab: SessionLab) -> None:
    """Ensure items, barriers, a shutdown and a restart leave nothing that any list shows."""
    thread = _ephemeral(session_lab)
    _assert_nowhere(session_lab, "started")
    session_lab.append(thread, user_message("hello"), agent_message("answer"))
    if session_lab.session.writers:
        session_lab.persist(thread)
        session_lab.flush(thread)
    _assert_nowhere(session_lab, "appended to, persisted and flushed")
    session_lab.close(thread)
    _assert_nowhere(session_lab, "shut down")
    assert session_lab.loaded() == []
    session_lab.append(_ephemeral(session_lab), user_message("left behind"))
    session_lab.restart()
    _assert_nowhere(session_lab, "after a restart")
    assert session_lab.loaded() == []


@clause("ROUTE-1b")
def test_an_ephemeral_thread_is_loaded_as_any(session_lab: SessionLab) -> None:
    """Ensure it is among the loaded threads, has an originator, is resumed while loaded, and sends requests."""
    others = visible(session_lab)
    name, _ = two_names(session_lab)
    started = session_lab.start(ephemeral=True, service_name=name)
    thread = started.thread_id
    assert session_lab.loaded() == sorted((others, thread))
    assert started.originator == name
    assert session_lab.resume(thread) == started, "an ephemeral thread that is resumed while loaded is another"
    for consumer in CONSUMERS:
        if getattr(session_lab.session, consumer):
            sent = session_lab.outbound(thread, consumer).originator
            assert sent == started.originator, f"{consumer} was sent {sent!r}"


@clause("ROUTE-1b")
def test_an_ephemeral_threads_turns_are_counted(session_lab: SessionLab) -> None:
    """Ensure messages count and rollbacks take back, as in any thread."""
    needs(session_lab, "raw_items")
    thread = _ephemeral(session_lab)
    batches = (turn("1", "one"), (*turn("2", "two"), *turn("3", "three")), (rolled_back(2),), turn("4", "four"))
    for batch, expected in zip(batches, (1, 3, 1, 2), strict=True):
        session_lab.append(thread, *batch)
        shown = session_lab.resume(thread).turns
        assert shown == expected, f"after {batch[0]}… the session must show {expected} turns, it shows {shown}"


@clause("ROUTE-1b")
def test_an_ephemeral_forks_copied_turns_count(session_lab: SessionLab) -> None:
    """Ensure a fork of which nothing is stored begins with its source's turns, and touches neither source nor lists."""
    needs(session_lab, "raw_items")
    source = visible(session_lab, *turn("1", "one"), *turn("2", "two"))
    before = session_seen(session_lab, source)
    fork = session_lab.fork(source, ephemeral=True)
    assert (fork.ephemeral, fork.forked_from_id, fork.turns) == (True, source, 2), f"the fork shows {fork}"
    session_lab.append(fork.thread_id, *turn("3", "three"))
    assert session_lab.resume(fork.thread_id).turns == 3
    cut = session_lab.fork(source, ephemeral=True, cut="before_user_message", nth=1)
    assert cut.turns == 1, f"a fork cut before the second message shows {cut.turns} turns"
    assert session_lab.listed() == [source], f"listed are {session_lab.listed()}"
    assert_unchanged(session_lab, source, before, "an ephemeral fork and what was appended to it")


@clause("ROUTE-1b")
def test_a_patch_of_an_ephemeral_thread_is_refused(session_lab: SessionLab) -> None:
    """Ensure every patch, an empty one too, is InvalidRequest that names the thread, and nothing is kept of it."""
    thread = _ephemeral(session_lab)
    for appended in (False, True):
        if appended:
            session_lab.append(thread, user_message("hello"))
        for patch in ({"name": "named"}, {"memory_mode": "disabled"}, {"updated_at": 7_000}, {}):
            error = session_lab.refused(patching(thread, **patch), ("refused",))
            assert error.kind is ErrorKind.INVALID_REQUEST, f"the patch {patch} was refused with {error!r}"
            assert thread in str(error), f"the error must name {thread}, it says {str(error)!r}"
        assert session_lab.resume(thread).name is None, "the session shows a name that was refused"
        _assert_nowhere(session_lab, "after refused patches")
    assert session_lab.loaded() == [thread]
    session_lab.restart()
    _assert_nowhere(session_lab, "after refused patches and a restart")


@clause("ROUTE-1b")
def test_what_is_asked_of_the_store_finds_no_ephemeral_thread(session_lab: SessionLab) -> None:
    """Ensure read, load_history, archive, unarchive and delete are missing, and it stays loaded and goes on."""
    thread = _ephemeral(session_lab)
    session_lab.append(thread, user_message("hello"))
    for make in _OF_THE_STORE:
        session_lab.refused(make(thread), MISSING_CLASSES)
        assert session_lab.loaded() == [thread], f"{make(thread)} unloaded an ephemeral thread"
    session_lab.append(thread, user_message("going on"))
    assert session_lab.resume(thread).turns == 2


@clause("ROUTE-1b")
def test_appends_to_an_ephemeral_thread_are_checked(session_lab: SessionLab) -> None:
    """Ensure what is no JSON is refused, and no item beside it counts."""
    needs(session_lab, "raw_items")
    thread = _ephemeral(session_lab)
    for kind in ("user_message", "error"):
        bad = RolloutItem("event_msg", {"type": kind, "message": float("nan")})
        session_lab.refused(appending(thread, user_message("beside it"), bad), ("refused",))
    assert session_lab.resume(thread).turns == 0, "a message of a refused append was counted"


@clause("ROUTE-1b")
def test_an_ephemeral_thread_takes_no_session_meta_of_its_own(session_lab: SessionLab) -> None:
    """Ensure one is refused as of a stored thread, no item beside it counts, and another thread's is taken."""
    needs(session_lab, "raw_items")
    thread = _ephemeral(session_lab)
    session_lab.refused(appending(thread, user_message("beside it"), session_meta(thread)), ("refused",))
    assert session_lab.resume(thread).turns == 0, "a message of a refused append was counted"
    session_lab.append(thread, session_meta(GOOD_ID), user_message("beside it"))
    assert session_lab.resume(thread).turns == 1


@clause("ROUTE-1b")
def test_shutdown_and_discard_end_an_ephemeral_thread(session_lab: SessionLab) -> None:
    """Ensure either unloads it, and it cannot be resumed or appended to then."""
    acts: dict[str, Callable[[ThreadId], None]] = {"shutdown": session_lab.close, "discard": session_lab.discard}
    if not session_lab.session.writers:
        del acts["discard"]
    for what, act in acts.items():
        thread = _ephemeral(session_lab)
        session_lab.append(thread, user_message("hello"))
        act(thread)
        assert session_lab.loaded() == [], f"{what} left an ephemeral thread loaded"
        session_lab.refused(appending(thread, user_message("ghost")), ("missing",))
        session_lab.refused(ResumeParams(thread_id=thread, metadata=METADATA), MISSING_CLASSES)


@clause("ROUTE-1b")
def test_an_ephemeral_thread_does_not_touch_stored_ones(session_lab: SessionLab) -> None:
    """Ensure a stored thread beside it keeps its items, its metadata and its place."""
    stored = visible(session_lab)
    before = session_seen(session_lab, stored)
    thread = _ephemeral(session_lab, forked_from_id=stored)
    session_lab.clock.advance(60_000)
    say(session_lab, thread, user_message("elsewhere"))
    session_lab.close(thread)
    assert_unchanged(session_lab, stored, before, "an ephemeral thread beside it")
    assert (session_lab.loaded(), session_lab.listed()) == ([stored], [stored])
