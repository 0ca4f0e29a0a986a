"""Directed checks of which threads are loaded, what that allows, and what ends it: ROUTE-2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from threadstore import (
    ArchiveThreadParams,
    Conflict,
    DeleteThreadParams,
    ErrorKind,
    FlushThreadParams,
    Internal,
    InvalidRequest,
    PersistThreadParams,
    ShutdownThreadParams,
    ThreadId,
)
from threadstore.manager_params import ManagerOperation, OutboundParams, ResumeParams
from threadstore.session import CONSUMERS
from threadstore_conformance.lab import METADATA, agent_message, clause, user_message
from threadstore_conformance.session_lab import SessionLab

from .conversations import MISSING_CLASSES, assert_items, say, session_seen
from .sessions import appending, assert_facts, assert_unchanged, cold, needs, visible
from .unusual import GOOD_ID


@clause("ROUTE-2")
def test_loaded_threads_are_listed_in_order(session_lab: SessionLab) -> None:
    """Ensure list_loaded has started, forked, spawned, resumed and ephemeral threads, ascending, and no cold one."""
    assert session_lab.loaded() == []
    first = visible(session_lab)
    gone = cold(session_lab)
    others = [
        session_lab.start().thread_id,
        session_lab.start(ephemeral=True).thread_id,
        session_lab.fork(gone).thread_id,
        session_lab.spawn(first).thread_id,
    ]
    assert session_lab.loaded() == sorted((first, *others))
    session_lab.resume(gone)
    assert session_lab.loaded() == sorted((first, gone, *others))
    session_lab.restart()
    assert session_lab.loaded() == [], "a process that starts has nothing loaded"


@clause("ROUTE-2")
def test_what_needs_a_loaded_thread_is_missing_for_others(session_lab: SessionLab) -> None:
    """Ensure append, barriers and requests are ThreadNotFound for cold, archived, deleted and unknown ids."""
    stored, archived, deleted = cold(session_lab), cold(session_lab), cold(session_lab)
    session_lab.archive(archived)
    session_lab.delete(deleted)
    before = session_seen(session_lab, stored)
    for what, thread in {"cold": stored, "archived": archived, "deleted": deleted, "unknown": GOOD_ID}.items():
        for operation in _needing(session_lab, thread):
            error = session_lab.refused(operation, ("missing",))
            assert error.kind is ErrorKind.THREAD_NOT_FOUND, f"{operation} of a {what} thread: {error!r}"
            assert session_lab.loaded() == [], f"{operation} of a {what} thread loaded it"
    assert_unchanged(session_lab, stored, before, "what was refused")


@clause("ROUTE-2")
def test_a_discard_of_what_is_not_loaded_is_fine(session_lab: SessionLab) -> None:
    """Ensure discarding a cold or an unknown thread answers Ok and does nothing."""
    needs(session_lab, "writers")
    thread = cold(session_lab)
    before = session_seen(session_lab, thread)
    for each in (thread, GOOD_ID):
        session_lab.discard(each)
    assert session_lab.loaded() == []
    assert_unchanged(session_lab, thread, before, "a discard of a cold thread")


@clause("ROUTE-2")
def test_every_end_but_a_delete_can_be_followed_by_a_resume(session_lab: SessionLab) -> None:
    """Ensure a thread that was shut down, discarded, archived or left by a restart has no writer, and is resumed."""
    ends: dict[str, Callable[[ThreadId], object]] = {
        "shutdown": session_lab.close,
        "discard": session_lab.discard,
        "archive": session_lab.archive,
        "restart": lambda thread: session_lab.restart(),
    }
    if not session_lab.session.writers:
        del ends["discard"]
    for what, end in ends.items():
        thread = visible(session_lab)
        end(thread)
        assert session_lab.loaded() == [], f"after {what} there is still {session_lab.loaded()} loaded"
        session_lab.resume(thread)
        say(session_lab, thread, agent_message(f"after {what}"))
        due = [user_message("hello"), agent_message(f"after {what}")]
        assert_items(due, session_lab.items(thread), f"resumed after {what}")
        session_lab.close(thread)


@clause("ROUTE-2")
def test_a_discard_sends_nothing(session_lab: SessionLab) -> None:
    """Ensure a touch that was held back is not sent by a discard, and the items before it stay."""
    needs(session_lab, "writers", "timed")
    thread = visible(session_lab)
    session_lab.clock.advance(1_000)
    session_lab.append(thread, agent_message("held back"))
    session_lab.flush(thread)
    session_lab.clock.advance(1_000)
    session_lab.append(thread, agent_message("held back too"))
    before = session_lab.read(thread)
    session_lab.discard(thread)
    assert_facts(session_lab, thread, "discarded", updated_at=before.updated_at)
    assert session_lab.loaded() == []


@clause("ROUTE-2")
def test_an_archive_shuts_its_thread_down(session_lab: SessionLab) -> None:
    """Ensure a loaded thread is stored whole when it is archived, and is then not loaded."""
    thread = session_lab.start().thread_id
    session_lab.append(thread, user_message("hello"), agent_message("answer"))
    session_lab.clock.advance(1_000)
    session_lab.append(thread, agent_message("more"))
    last = session_lab.clock.now
    session_lab.archive(thread)
    assert (session_lab.listed(), session_lab.listed(archived=True)) == ([], [thread])
    assert session_lab.loaded() == [], "an archived thread must not be loaded"
    due = [user_message("hello"), agent_message("answer"), agent_message("more")]
    assert_items(due, session_lab.items(thread), "archived while loaded")
    assert_facts(session_lab, thread, "archived while loaded", title="hello")
    if session_lab.session.timed:
        assert_facts(session_lab, thread, "archived while loaded", updated_at=last)


@clause("ROUTE-2")
def test_a_loaded_thread_that_is_archived_already_stays_loaded(session_lab: SessionLab) -> None:
    """Ensure a second archive, whatever its answer, leaves the thread loaded and writable; unarchive does too."""
    thread = cold(session_lab)
    session_lab.archive(thread)
    session_lab.resume(thread)
    session_lab.answer(ArchiveThreadParams(thread_id=thread))
    assert session_lab.loaded() == [thread], "archiving an archived thread unloaded it"
    say(session_lab, thread, agent_message("still here"))
    assert session_lab.unarchive(thread).archived_at is None
    assert session_lab.loaded() == [thread], "unarchive must leave its thread loaded"
    say(session_lab, thread, agent_message("and here"))
    assert session_lab.items(thread)[-1] == agent_message("and here")
    assert (session_lab.listed(), session_lab.listed(archived=True)) == ([thread], [])


@clause("ROUTE-2")
def test_a_hidden_thread_is_not_archived(session_lab: SessionLab) -> None:
    """Ensure an archive of a thread that is not visible yet is missing, and leaves it loaded and usable."""
    needs(session_lab, "lazy")
    thread = session_lab.start().thread_id
    session_lab.refused(ArchiveThreadParams(thread_id=thread), MISSING_CLASSES)
    assert session_lab.loaded() == [thread], "an archive that was refused unloaded its thread"
    say(session_lab, thread, user_message("hello"))
    assert session_lab.listed() == [thread]


@clause("ROUTE-2")
def test_a_delete_unloads(session_lab: SessionLab) -> None:
    """Ensure a deleted thread is not loaded, not listed and not resumed, and nothing is loaded in its place."""
    for make in (visible, cold):
        thread = make(session_lab)
        session_lab.delete(thread)
        assert (session_lab.loaded(), session_lab.listed()) == ([], []), "a deleted thread is still there"
        session_lab.refused(ResumeParams(thread_id=thread, metadata=METADATA), MISSING_CLASSES)
        session_lab.refused(DeleteThreadParams(thread_id=thread), MISSING_CLASSES)
        session_lab.refused(appending(thread, agent_message("ghost")), ("missing",))
    session_lab.restart()
    assert session_lab.listed() == [], "a deleted thread came back with a restart"


@clause("ROUTE-2")
def test_a_hidden_thread_is_unloaded_by_a_delete(session_lab: SessionLab) -> None:
    """Ensure deleting a thread that is not visible yet answers missing, and it is no longer loaded."""
    needs(session_lab, "lazy")
    thread = session_lab.start().thread_id
    session_lab.refused(DeleteThreadParams(thread_id=thread), MISSING_CLASSES)
    assert session_lab.loaded() == [], "a hidden thread that was deleted is still loaded"
    session_lab.refused(appending(thread, agent_message("ghost")), ("missing",))


@clause("ROUTE-2")
def test_a_delete_that_the_store_refuses_unloads_nothing(session_lab: SessionLab) -> None:
    """Ensure a loaded thread that a refused delete left where it was is still loaded, and goes on."""
    needs(session_lab, "interposed")
    thread = visible(session_lab)
    for error in (InvalidRequest("not now"), Conflict("busy"), Internal("disk")):
        session_lab.failing("delete_thread", error=error)
        session_lab.refused(DeleteThreadParams(thread_id=thread), ("refused", "failed"))
        assert session_lab.loaded() == [thread], f"a delete that failed with {error!r} unloaded its thread"
        say(session_lab, thread, agent_message("going on"))


@clause("ROUTE-2")
def test_a_delete_that_fails_takes_nothing(session_lab: SessionLab) -> None:
    """Ensure a loaded thread of which the deletion failed has its name, its items and all else, and can be deleted."""
    needs(session_lab, "interposed")
    thread = visible(session_lab, user_message("said"))
    session_lab.patch(thread, name="mine", title="titled")
    before = session_seen(session_lab, thread)
    for error in (InvalidRequest("not now"), Conflict("busy"), Internal("disk")):
        session_lab.failing("delete_thread", error=error)
        session_lab.refused(DeleteThreadParams(thread_id=thread), ("refused", "failed"))
        assert_unchanged(session_lab, thread, before, f"a delete that failed with {error!r}")
        assert session_lab.resume(thread).name == "mine", f"a delete that failed with {error!r} took the session's name"
    assert_items([user_message("said")], session_lab.items(thread), "after failed deletes")
    session_lab.delete(thread)
    assert session_lab.loaded() == [], "the delete that did not fail"


@clause("ROUTE-2")
def test_one_threads_end_is_no_others(session_lab: SessionLab) -> None:
    """Ensure shutdown, archive and delete of one thread change no other, loaded or cold."""
    session_lab.restart()
    others = visible(session_lab), cold(session_lab)
    before = [session_seen(session_lab, other) for other in others]
    for act in (session_lab.close, session_lab.archive, session_lab.delete):
        thread = visible(session_lab)
        say(session_lab, thread, user_message("more"))
        session_lab.patch(thread, name="named")
        session_lab.clock.advance(60_000)
        act(thread)
        for other, seen in zip(others, before, strict=True):
            assert_unchanged(session_lab, other, seen, f"another thread's {act.__name__}")
        assert session_lab.loaded() == [others[0]]


def _needing(session_lab: SessionLab, thread: ThreadId) -> list[ManagerOperation]:
    """Return the operations that need a loaded thread."""
    barriers: tuple[Any, ...] = (PersistThreadParams, FlushThreadParams) if session_lab.session.writers else ()
    consumers = [consumer for consumer in CONSUMERS if getattr(session_lab.session, consumer)]
    return [
        appending(thread, user_message("to nobody")),
        ShutdownThreadParams(thread_id=thread),
        *(barrier(thread_id=thread) for barrier in barriers),
        *(OutboundParams(thread_id=thread, consumer=consumer) for consumer in consumers),
    ]
