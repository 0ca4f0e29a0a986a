"""What checks of resuming, metadata sync and routing share: how threads come about, and how they are looked at."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from threadstore import (
    AppendThreadItemsParams,
    ReadThreadParams,
    RolloutItem,
    ThreadId,
    ThreadMetadataPatch,
    ThreadPersistenceMetadata,
    UpdateThreadMetadataParams,
)
from threadstore.manager_params import StartParams
from threadstore.session import LoadedThread
from threadstore.thread import HistoryMode
from threadstore_conformance.compare_values import THREAD_TIMES
from threadstore_conformance.lab import user_message
from threadstore_conformance.products import asked_of, grain, seen_of
from threadstore_conformance.session_lab import SessionLab

from .comparing import Look, changed_look, same
from .conversations import begun, session_seen

#: What a thread shows of which no item has said anything; approval mode and permissions are then the store's own.
UNSAID: dict[str, Any] = {
    "preview": "", "title": None, "first_user_message": None, "model": None, "reasoning_effort": None,
    "token_usage": None, "name": None,
}  # fmt: skip

#: Longer than any two clocks are apart, so that what was set afterwards is the later one.
AGES_MS = 10**11


def needs(session_lab: SessionLab, *names: str) -> None:
    """Skip the check unless every one of these capabilities is declared, of the store or of the session layer."""
    for name in names:
        flags: Any = session_lab.capabilities if hasattr(session_lab.capabilities, name) else session_lab.session
        if not getattr(flags, name):
            pytest.skip(f"not testable: needs {name}")


def needs_mode(session_lab: SessionLab, mode: HistoryMode) -> None:
    """Skip the check unless a thread can be started in this history mode."""
    asked = asked_of(session_lab.backend, StartParams(history_mode=mode))
    if asked is None or asked.history_mode != mode:
        pytest.skip(f"not testable: no thread can be started with history mode {mode}")


def visible(session_lab: SessionLab, *items: RolloutItem, **given: Any) -> ThreadId:
    """Start a thread that holds these items in one batch, a user message when there are none."""
    return begun(session_lab, *(items or (user_message("hello"),)), **given)


def cold(session_lab: SessionLab, *items: RolloutItem, **given: Any) -> ThreadId:
    """Make a visible thread that is not loaded."""
    thread = visible(session_lab, *items, **given)
    session_lab.close(thread)
    return thread


def assert_unchanged(
    session_lab: SessionLab, thread: ThreadId, before: Look, what: str, *, but: Collection[str] = ()
) -> None:
    """Assert that a thread's fields and items are those of an earlier look."""
    differences = changed_look(before, session_seen(session_lab, thread), but=but)
    exactly = grain(session_lab.backend)
    for name in THREAD_TIMES:
        # Where times are not told exactly, those that are near each other are one.
        one, other = differences.get(name, (None, None))
        if type(one) is int and type(other) is int and abs(one - other) < exactly:
            del differences[name]
    assert differences == {}, f"{what} changed {differences}"


def assert_facts(session_lab: SessionLab, thread: ThreadId, what: str, **expected: Any) -> None:
    """Assert that a read shows these values of these fields."""
    stored = session_lab.read(thread)
    shown = seen_of(stored, expected)
    wrong = {name: value for name, value in shown.items() if not same(expected[name], value)}
    due = {name: expected[name] for name in wrong}
    assert wrong == {}, f"{what}: expected {due}, got {wrong}"


def assert_shown(loaded: LoadedThread, what: str, **expected: Any) -> None:
    """Assert that a session shows these values of these facts."""
    wrong = {name: value for name, value in seen_of(loaded, expected).items() if value != expected[name]}
    due = {name: expected[name] for name in wrong}
    assert wrong == {}, f"{what}: the loaded thread must show {due}, it shows {wrong}"


def elsewhere(**given: Any) -> ThreadPersistenceMetadata:
    """Return where a session works that is not where threads are started."""
    told = {"cwd": "/src/elsewhere", "model_provider": "provider-b", "memory_mode": "disabled", **given}
    return ThreadPersistenceMetadata(**told)


def appending(thread: ThreadId, *items: RolloutItem) -> AppendThreadItemsParams:
    """Return the params of an append, to see it refused."""
    return AppendThreadItemsParams(thread_id=thread, items=items)


def patching(thread: ThreadId, *, include_archived: bool = True, **fields: Any) -> UpdateThreadMetadataParams:
    """Return the params of a patch, to see it refused."""
    patch = ThreadMetadataPatch(**fields)
    return UpdateThreadMetadataParams(thread_id=thread, patch=patch, include_archived=include_archived)


def reading(thread: ThreadId, *, include_archived: bool = True) -> ReadThreadParams:
    """Return the params of a read, to see it refused."""
    return ReadThreadParams(thread_id=thread, include_archived=include_archived)
