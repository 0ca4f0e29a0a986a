"""Conversations that checks of the session layer hold, and words for what became of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from threadstore import RolloutItem, ThreadId
from threadstore.jsonvalue import JSON
from threadstore.views import SessionMeta
from threadstore_conformance.lab import agent_message, user_message
from threadstore_conformance.session_items import turn_complete, turn_started
from threadstore_conformance.session_lab import SessionLab

from .comparing import Look, brief

#: The classes of an error that says a thread is missing.
MISSING_CLASSES = ("missing", "refused")

#: Items that any session layer can be made to write, by themselves or in a whole turn.
_PLAIN = (("event_msg", "user_message"), ("event_msg", "agent_message"))
_START, _END = ("event_msg", "task_started"), ("event_msg", "task_complete")


def say(lab: SessionLab, thread: ThreadId, *items: RolloutItem) -> None:
    """Append one batch to a loaded thread and bring it to a barrier."""
    if not lab.session.raw_items and not _is_what_turns_produce(items):
        pytest.skip("not testable: needs raw_items")
    lab.append(thread, *items)
    lab.settle(thread)


def _is_what_turns_produce(items: Sequence[RolloutItem]) -> bool:
    """Tell whether items are plain messages, and turns of such that have an id and are ended."""
    active: JSON = None
    for item in items:
        turn_id = item.payload.get("turn_id") if isinstance(item.payload, dict) else None
        if item.kind == _START and active is None and isinstance(turn_id, str):
            active = turn_id
        elif item.kind == _END and active is not None and turn_id == active:
            active = None
        elif item.kind not in _PLAIN:
            return False
    return active is None


def begun(lab: SessionLab, *items: RolloutItem, **facts: object) -> ThreadId:
    """Start a thread that holds these items in one batch, and return its id."""
    thread = lab.start(**facts).thread_id
    say(lab, thread, *items)
    return thread


def turn(turn_id: str, text: str, *work: RolloutItem) -> tuple[RolloutItem, ...]:
    """Make a whole turn: its start, what the user said, what was done about it, its end."""
    answer = work or (agent_message(f"answer to {text}"),)
    return (turn_started(turn_id), user_message(text), *answer, turn_complete(turn_id))


def own_meta(lab: SessionLab, thread: ThreadId) -> SessionMeta:
    """Return what the thread's own SessionMeta states."""
    return SessionMeta.of(lab.history(thread)[0].payload)


def session_seen(lab: SessionLab, thread: ThreadId) -> Look:
    """Read a thread and load its history, of either side."""
    return lab.read(thread), lab.history(thread)


def turns_of(lab: SessionLab, thread: ThreadId) -> int:
    """Return how many turns the session of a thread counts; one that is cold is resumed."""
    return lab.resume(thread).turns


def assert_items(expected: Sequence[RolloutItem], actual: Sequence[RolloutItem], what: str) -> None:
    """Assert that two sequences of items are equal, and in the same order."""
    assert list(expected) == list(actual), f"{what}: expected {brief(expected)}, got {brief(actual)}"
