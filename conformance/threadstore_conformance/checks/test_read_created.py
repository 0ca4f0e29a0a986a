"""Directed checks of what a thread shows that nobody patched: READ-1."""

from __future__ import annotations

from typing import Any

from threadstore import StoredThread, ThreadPersistenceMetadata
from threadstore.fields import MAX_TIMESTAMP
from threadstore_conformance.lab import ORIGINATOR, Lab, clause, user_message

from .comparing import TIMES
from .patches import patched_thread, places
from .verbs import persist


@clause("READ-1")
def test_what_create_was_told_is_visible(lab: Lab) -> None:
    """Ensure every create fact reads without a patch, on a thread that became visible empty or by an item."""
    facts: dict[str, Any] = {
        "forked_from_id": lab.new_id(),
        "parent_thread_id": lab.new_id(),
        "source": {"subagent": {"thread_spawn": {"parent_thread_id": lab.new_id(), "depth": 1, **_AGENT}}},
        "thread_source": "subagent",
        "originator": "codex_work_cloud",
        "history_mode": "legacy",
    }
    metadata: dict[str, Any] = {"cwd": "/told", "model_provider": "provider-told", "memory_mode": "disabled"}
    for visible in (True, False):
        thread = lab.create(visible=visible, **facts, metadata=ThreadPersistenceMetadata(**metadata))
        if not visible:
            lab.append(thread, user_message("said"))
        _assert_fields(lab.read(thread), {**facts, **metadata, **_AGENT, "thread_id": thread})


@clause("READ-1")
def test_a_spawned_threads_parent_is_visible(lab: Lab) -> None:
    """Ensure the parent reads as the one named at creation, else the one in the source, else absent."""
    named, spawner = lab.new_id(), lab.new_id()
    spawn = {"subagent": {"thread_spawn": {"parent_thread_id": spawner, "depth": 1}}}
    for facts, expected in (
        ({"source": spawn}, spawner),
        ({"source": spawn, "parent_thread_id": named}, named),
        ({"parent_thread_id": named}, named),
        ({"source": {"subagent": "review"}}, None),
        ({}, None),
    ):
        _assert_fields(lab.read(lab.create(**facts)), {"parent_thread_id": expected})


@clause("READ-1")
def test_an_unpatched_thread_is_bare(lab: Lab) -> None:
    """Ensure what nobody patched is absent or default, and the store's own fields are of the right kind."""
    read = lab.read(lab.create())
    _assert_fields(read, _BARE)
    for field, kinds in (
        ("cli_version", str),
        ("approval_mode", str | None),
        ("permission_profile", dict | None),
    ):
        value = getattr(read, field)
        assert isinstance(value, kinds), f"{field} is the store's own, but no {value!r}"


@clause("READ-1")
def test_an_unpatched_fork_is_as_bare(lab: Lab) -> None:
    """Ensure a thread that names another as fork source and parent shows nothing of that one's."""
    for place, source in places(lab):
        patched_thread(lab, source)
        fork = lab.create(forked_from_id=source, parent_thread_id=source)
        _assert_fields(lab.read(fork), {**_BARE, "forked_from_id": source, "parent_thread_id": source})
        assert lab.items(fork) == [], f"a fork of a {place} thread was created with items"


@clause("READ-1")
def test_a_threads_three_times_are_one_instant(lab: Lab) -> None:
    """Ensure created_at, updated_at and recency_at of a new thread are equal whole milliseconds."""
    thread = lab.create(visible=False)
    lab.clock.advance(5_000)
    persist(lab, thread)
    read = lab.read(thread)
    times = {field: getattr(read, field) for field in TIMES}
    assert len(set(times.values())) == 1, f"a new thread's times must be one instant, they are {times}"
    whole = type(read.created_at) is int and 0 <= read.created_at <= MAX_TIMESTAMP
    assert whole, f"created_at must be whole milliseconds, is {read.created_at!r}"


@clause("READ-1")
def test_a_threads_times_are_fixed_at_creation(lab: Lab) -> None:
    """Ensure a thread created before another is no younger, whichever was read or written first."""
    older, newer = lab.create(visible=False), lab.create()
    lab.clock.advance(5_000)
    created = lab.read(newer).created_at
    lab.append(older, user_message("said"))
    actual = lab.read(older).created_at
    assert actual <= created, f"a thread created first has created_at {actual}, one created after it {created}"


_AGENT = {"agent_nickname": "Ada", "agent_role": "explorer", "agent_path": "/agents/ada"}

#: What a thread reads as when create was told no more than the lab tells it, and nothing was patched.
_BARE: dict[str, Any] = {
    "preview": "", "name": None, "title": None, "model": None, "reasoning_effort": None, "git_info": None,
    "token_usage": None, "first_user_message": None, "archived_at": None, "forked_from_id": None,
    "parent_thread_id": None, "thread_source": None, "agent_nickname": None, "agent_role": None, "agent_path": None,
    "source": "vscode", "history_mode": "legacy", "memory_mode": "enabled", "originator": ORIGINATOR,
    "cwd": "/src/project", "model_provider": "provider-a", "history": None,
}  # fmt: skip


def _assert_fields(read: StoredThread, expected: dict[str, Any]) -> None:
    for field, value in expected.items():
        actual = getattr(read, field)
        assert value == actual, f"{field} must read as {value!r}, is {actual!r}"
