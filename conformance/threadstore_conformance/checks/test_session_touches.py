"""Directed checks of how often an append alone is sent: SYNC-5."""

from __future__ import annotations

from collections.abc import Callable

from threadstore import ThreadId
from threadstore_conformance.lab import agent_message, clause, user_message
from threadstore_conformance.session_items import turn_started
from threadstore_conformance.session_lab import SessionLab

from .conversations import say
from .sessions import assert_facts, visible


@clause("SYNC-5")
def test_touches_come_five_seconds_apart(session_lab: SessionLab) -> None:
    """Ensure output that says nothing else moves updated_at no more than once in five seconds."""
    thread = visible(session_lab)
    seen = [session_lab.read(thread).updated_at]
    for number in range(40):
        session_lab.clock.advance(700)
        session_lab.append(thread, agent_message(f"{number}"))
        now = session_lab.read(thread).updated_at
        if now != seen[-1]:
            assert now - seen[-1] >= 5_000, f"a touch at {now} came {now - seen[-1]} ms after the one before"
            seen.append(now)
    session_lab.settle(thread)
    if session_lab.session.writers:
        assert_facts(session_lab, thread, "settled at last", updated_at=session_lab.clock.now)


@clause("SYNC-5")
def test_a_touch_is_held_until_the_last_millisecond(session_lab: SessionLab) -> None:
    """Ensure 4,999 ms after a message an answer waits, whatever kind of patch went out before it."""
    thread = visible(session_lab, user_message("hello"))
    for what, act in _SENDING.items():
        act(session_lab, thread)
        session_lab.append(thread, user_message("say it"))
        session_lab.settle(thread)
        sent = session_lab.read(thread).updated_at
        session_lab.clock.advance(4_999)
        session_lab.append(thread, agent_message("an answer"))
        assert_facts(session_lab, thread, f"4,999 ms after a message, {what}", updated_at=sent)
        session_lab.clock.advance(60_000)


@clause("SYNC-5")
def test_no_touch_is_lost_past_a_barrier(session_lab: SessionLab) -> None:
    """Ensure flush, persist, shutdown, a patch, an archive and the next fact each send the time of the last append."""
    barriers: dict[str, Callable[[ThreadId], object]] = {
        "flush": session_lab.flush,
        "persist": session_lab.persist,
        "shutdown": session_lab.close,
        "patch": lambda thread: session_lab.patch(thread, name="named"),
        "archive": session_lab.archive,
    }
    if not session_lab.session.writers:
        del barriers["flush"], barriers["persist"]
    for what, barrier in barriers.items():
        thread = visible(session_lab)
        for text in ("a", "b"):
            session_lab.clock.advance(1_000)
            session_lab.append(thread, agent_message(text))
        appended = session_lab.clock.now
        session_lab.clock.advance(1_000)
        barrier(thread)
        assert_facts(session_lab, thread, f"after {what}", updated_at=appended)


@clause("SYNC-5")
def test_a_barrier_without_an_append_is_no_touch(session_lab: SessionLab) -> None:
    """Ensure barriers after everything was sent leave updated_at, however long after."""
    thread = visible(session_lab)
    updated = session_lab.read(thread).updated_at
    for _ in range(2):
        session_lab.clock.advance(60_000)
        session_lab.settle(thread)
        assert_facts(session_lab, thread, "settled again", updated_at=updated)
    session_lab.patch(thread, name="named")
    assert_facts(session_lab, thread, "named", updated_at=updated)
    session_lab.close(thread)
    assert_facts(session_lab, thread, "shut down", updated_at=updated)


@clause("SYNC-5")
def test_one_threads_touches_do_not_hold_anothers(session_lab: SessionLab) -> None:
    """Ensure what one thread sent has no part in when another's last append is stored."""
    first, second = visible(session_lab), visible(session_lab)
    for number in range(6):
        session_lab.clock.advance(400)
        for thread in (first, second):
            session_lab.append(thread, agent_message(f"{number}"))
    last = session_lab.clock.now
    session_lab.clock.advance(60_000)
    session_lab.close(first)
    say(session_lab, second, agent_message("later"))
    assert_facts(session_lab, first, "shut down", updated_at=last)
    session_lab.close(second)
    assert_facts(session_lab, second, "appended to later", updated_at=session_lab.clock.now)


def _nothing(session_lab: SessionLab, thread: ThreadId) -> None:
    return


def _named(session_lab: SessionLab, thread: ThreadId) -> None:
    session_lab.patch(thread, name="named")


def _turn(session_lab: SessionLab, thread: ThreadId) -> None:
    if session_lab.session.raw_items:
        session_lab.append(thread, turn_started("1"))


def _resumed(session_lab: SessionLab, thread: ThreadId) -> None:
    session_lab.close(thread)
    session_lab.resume(thread)


#: What a thread may have been through before.
_SENDING: dict[str, Callable[[SessionLab, ThreadId], None]] = {
    "the first of all": _nothing,
    "after a patch": _named,
    "after a turn start": _turn,
    "after a resume": _resumed,
}
