"""Directed checks of beginnings that fail: GUARD-1."""

from __future__ import annotations

from collections.abc import Callable

from threadstore import ErrorKind, Internal, InvalidRequest, ThreadId, ThreadStoreError
from threadstore.manager_params import ForkParams, ManagerOperation, ResumeParams, SpawnParams, StartParams
from threadstore_conformance.lab import METADATA, agent_message, clause, user_message
from threadstore_conformance.session_lab import SessionLab

from .conversations import say, session_seen
from .sessions import appending, assert_facts, assert_unchanged, cold, visible

#: What copies items to a new thread.
_COPYING: dict[str, Callable[[ThreadId], ManagerOperation]] = {
    "a fork": lambda thread: ForkParams(thread_id=thread, metadata=METADATA),
    "a spawn": lambda thread: SpawnParams(thread_id=thread, mode="full_history", metadata=METADATA),
}
#: The calls of the store in which a copy can fail.
_STEPS = ("create_thread", "append_items", "persist_thread", "update_thread_metadata")


@clause("GUARD-1")
def test_a_start_that_fails_loads_nothing(session_lab: SessionLab) -> None:
    """Ensure a start whose creation fails leaves nothing loaded and nothing listed, and the next one works."""
    session_lab.failing("create_thread")
    session_lab.refused(StartParams(metadata=METADATA), ("failed",))
    assert (session_lab.loaded(), session_lab.listed()) == ([], []), "a failed start left a thread"
    thread = visible(session_lab)
    assert (session_lab.loaded(), session_lab.listed()) == ([thread], [thread])


@clause("GUARD-1")
def test_a_copy_that_fails_leaves_source_and_table_alone(session_lab: SessionLab) -> None:
    """Ensure a fork or spawn that fails at any step loads nothing and changes nothing of its source, loaded or cold."""
    for source in (visible(session_lab), cold(session_lab)):
        before, loaded = session_seen(session_lab, source), session_lab.loaded()
        for what, operation in _COPYING.items():
            for step in _STEPS:
                session_lab.failing(step)
                session_lab.refused(operation(source), ("failed",))
                assert session_lab.loaded() == loaded, (
                    f"{what} that failed at {step} left {session_lab.loaded()} loaded"
                )
                assert_unchanged(session_lab, source, before, f"{what} that failed at {step}")


@clause("GUARD-1")
def test_a_copy_can_be_made_after_one_that_failed(session_lab: SessionLab) -> None:
    """Ensure the next fork or spawn of the same source is whole."""
    source = visible(session_lab, user_message("first"), agent_message("answer"))
    for what, operation in _COPYING.items():
        for step in _STEPS:
            session_lab.failing(step)
            session_lab.refused(operation(source), ("failed",))
            made = session_lab.answer(operation(source))
            items = session_lab.items(made.thread_id)
            due = [user_message("first"), agent_message("answer")]
            assert [item for item in items if item.type == "event_msg"] == due, (
                f"{what} after one that failed at {step}"
            )
            assert_facts(session_lab, made.thread_id, f"{what} after one that failed at {step}", title="first")
            say(session_lab, made.thread_id, agent_message("going on"))


@clause("GUARD-1")
def test_what_a_failed_copy_left_can_be_taken_up(session_lab: SessionLab) -> None:
    """Ensure what was acknowledged of a beginning that failed stays, and has no writer: it can be resumed at once."""
    source = visible(session_lab)
    for what, operation in _COPYING.items():
        for step in _STEPS:
            known = set(session_lab.listed())
            session_lab.failing(step)
            session_lab.refused(operation(source), ("failed",))
            left = [thread for thread in session_lab.listed() if thread not in known]
            accepted = step in ("persist_thread", "update_thread_metadata")
            unlisted = step == "update_thread_metadata" and session_lab.capabilities.hides_unpreviewed
            found = len(left) == 1 or (not left and (unlisted or not accepted))
            assert found, f"{what} that failed at {step} left {left}"
            for thread in left:
                if accepted:
                    kept = [item for item in session_lab.items(thread) if item.type == "event_msg"]
                    assert kept == [user_message("hello")], f"{what} that failed at {step} left {kept}"
                session_lab.resume(thread)
                say(session_lab, thread, agent_message("taken up"))
                session_lab.close(thread)
                session_lab.delete(thread)


@clause("GUARD-1", "ROUTE-2")
def test_a_discard_closes_what_a_failed_beginning_left_open(session_lab: SessionLab) -> None:
    """Ensure a thread whose own discard failed as well can be discarded though it is not loaded, and then resumed."""
    source = visible(session_lab)
    for what, operation in _COPYING.items():
        known = set(session_lab.listed())
        session_lab.failing("persist_thread")
        session_lab.failing("discard_thread")
        session_lab.refused(operation(source), ("failed",))
        left = sorted(set(session_lab.listed()) - known)
        assert len(left) == 1, f"{what} whose persist failed left {left}"
        session_lab.discard(left[0])
        session_lab.resume(left[0])
        say(session_lab, left[0], agent_message(f"left by {what}"))
        session_lab.close(left[0])


@clause("GUARD-1")
def test_a_hidden_thread_leaves_no_trace_when_its_beginning_fails(session_lab: SessionLab) -> None:
    """Ensure a copy that failed before anything of it was kept is nowhere: a lazy store shows no such thread."""
    source = visible(session_lab)
    for operation in _COPYING.values():
        session_lab.failing("append_items" if session_lab.capabilities.lazy else "create_thread")
        session_lab.refused(operation(source), ("failed",))
        assert session_lab.listed() == [source], f"listed are {session_lab.listed()}"
    session_lab.restart()
    assert session_lab.listed() == [source], f"listed after a restart are {session_lab.listed()}"


@clause("GUARD-1")
def test_the_failed_step_is_what_is_reported(session_lab: SessionLab) -> None:
    """Ensure a discard that fails as well hides nothing, and leaves nothing loaded."""
    source = visible(session_lab)
    for what, operation in _COPYING.items():
        for step in _STEPS[1:]:
            session_lab.failing(step, error=InvalidRequest("the step"))
            session_lab.failing("discard_thread", error=Internal("the discard"))
            error = session_lab.refused(operation(source), ("refused", "failed"))
            told = f"{what} that failed at {step}, and then at its discard, reported {error!r}"
            assert error.kind is ErrorKind.INVALID_REQUEST, told
            assert session_lab.loaded() == [source], f"{what} that failed at {step} left {session_lab.loaded()} loaded"
            session_lab.failing("discard_thread", times=0)


@clause("GUARD-1", "RESUME-1")
def test_a_resume_that_fails_leaves_no_writer(session_lab: SessionLab) -> None:
    """Ensure a resume that fails at any step loads nothing and changes nothing, and the next one works."""
    thread = cold(session_lab)
    before = session_seen(session_lab, thread)
    for step in ("load_history", "read_thread", "resume_thread"):
        session_lab.failing(step)
        answer = session_lab.answer(ResumeParams(thread_id=thread, metadata=METADATA))
        session_lab.failing(step, times=0)
        if isinstance(answer, ThreadStoreError):
            assert session_lab.loaded() == [], f"a resume that failed at {step} loaded {session_lab.loaded()}"
            assert_unchanged(session_lab, thread, before, f"a resume that failed at {step}")
            session_lab.resume(thread)
        else:
            assert step == "read_thread", f"a resume went on without {step}"  # the one that can be done without
        session_lab.close(thread)


@clause("GUARD-1")
def test_nothing_is_discarded_after_the_beginning(session_lab: SessionLab) -> None:
    """Ensure once start, fork, spawn and resume have returned, a failing append or barrier leaves the thread loaded."""
    source = visible(session_lab)
    resumed = cold(session_lab)
    session_lab.resume(resumed)
    threads = [source, resumed, session_lab.fork(source).thread_id, session_lab.spawn(source).thread_id]
    for thread in threads:
        for step in ("append_items", "update_thread_metadata"):
            session_lab.clock.advance(60_000)
            session_lab.failing(step)
            session_lab.refused(appending(thread, user_message("more")), ("failed",))
            assert session_lab.loaded() == sorted(threads), f"a failing {step} left {session_lab.loaded()} loaded"
            say(session_lab, thread, agent_message("going on"))
