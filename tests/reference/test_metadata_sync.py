"""What appended items say of a thread's metadata, and when it is sent."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadstore import (
    UNSET,
    CreateThreadParams,
    RolloutItem,
    StoredThread,
    ThreadMetadataPatch,
    ThreadPersistenceMetadata,
    TokenUsage,
)
from threadstore.metadata_sync import NOTHING, MetadataSync, facts_of
from threadstore.patch import is_empty, merge

ONE = "0190a000-0000-7000-8000-000000000001"


def event(kind: str, **more: Any) -> RolloutItem:
    return RolloutItem("event_msg", {"type": kind, **more})


def said(text: str, **more: Any) -> RolloutItem:
    return event("user_message", message=text, **more)


def context(**more: Any) -> RolloutItem:
    return RolloutItem("turn_context", more)


def usage(total: int) -> RolloutItem:
    return event("token_count", info={"total_token_usage": {"total_tokens": total}})


IMAGE = said("", images=["data:"])
GOAL = event("thread_goal_updated", goal={"objective": " ship it "})
START = event("task_started")
OUTPUT = event("agent_message", message="out")


def created(**more: Any) -> MetadataSync:
    params = CreateThreadParams(thread_id=ONE, originator="cli", **more)
    return MetadataSync.created(params, cli_version="1.2", git_info=UNSET)


def settled() -> MetadataSync:
    """Return the metadata of a new thread whose create facts were sent."""
    sync = created()
    sync.acknowledge(sync.pending, sync.generation)
    return sync


@pytest.mark.parametrize(
    ("items", "facts"),
    [
        ([said("## My request for Codex:\n hi ")], {"preview": "hi", "first_user_message": "hi", "title": "hi"}),
        ([IMAGE, said("hi")], {"preview": "[Image]", "first_user_message": "[Image]", "title": "hi"}),
        ([said(" "), said("hi")], {"preview": "hi", "first_user_message": "hi", "title": "hi"}),
        ([GOAL, said("hi")], {"preview": "ship it", "first_user_message": "hi", "title": "hi"}),
        ([said("hi"), GOAL], {"preview": "hi", "first_user_message": "hi", "title": "hi"}),
        ([context(model="m", effort="low", cwd="/a"), context(model="n", approval_policy="never", cwd="/b")],
         {"model": "n", "reasoning_effort": "low", "cwd": "/a", "approval_mode": "never"}),
        ([usage(1), usage(2), event("token_count", info=None)], {"token_usage": TokenUsage(total_tokens=2)}),
        ([RolloutItem("session_meta", {"id": ONE, "cwd": "/a", "model_provider": "p"}), START, OUTPUT], {}),
    ],
    ids=["marker", "image", "blank", "goal first", "goal later", "contexts", "usage", "nothing to tell"],
)  # fmt: skip
def test_what_items_tell(items: list[RolloutItem], facts: dict[str, Any]) -> None:
    """Ensure each item tells what the table says, the first or the last of a field counting."""
    assert facts_of(items) == ThreadMetadataPatch(**facts)


ITEMS = st.lists(
    st.sampled_from([said("a"), said("b"), IMAGE, GOAL, usage(1), usage(2), context(model="m", cwd="/a"),
                     context(effort="low", cwd="/b"), OUTPUT]),
    max_size=8,
)  # fmt: skip


@given(st.lists(ITEMS, max_size=4))
def test_batches_add_up_to_the_fold(batches: list[list[RolloutItem]]) -> None:
    """Ensure what was observed batch by batch, sent or not, is the fold of all items at once (SYNC-1)."""
    sync, sent = settled(), NOTHING
    for number, batch in enumerate(batches):
        sync.observe(batch, 0)
        if number % 2:
            sent = merge(sent, sync.pending)
            sync.acknowledge(sync.pending, sync.generation)
    observed = merge(merge(sent, sync.pending), ThreadMetadataPatch(updated_at=0))
    assert observed == merge(facts_of([item for batch in batches for item in batch]), ThreadMetadataPatch(updated_at=0))


def test_create_facts() -> None:
    """Ensure they say what creation knows, clear what the source does not say, and carry no time."""
    spawn = {"subagent": {"thread_spawn": {"parent_thread_id": ONE, "agent_role": "r"}}}
    assert created(source=spawn).pending == ThreadMetadataPatch(
        model_provider="",
        source=spawn,
        thread_source=None,
        agent_nickname=None,
        agent_role="r",
        agent_path=None,
        cli_version="1.2",
        memory_mode="enabled",
    )


def test_resume_facts_are_what_the_thread_lacks_and_its_history_tells() -> None:
    """Ensure what is stored is never sent again, and a first-wins field that either side has keeps its value."""
    stored = StoredThread(thread_id=ONE, created_at=0, updated_at=0, recency_at=0, title="given", model="stored")
    sync = MetadataSync.resumed(stored, [context(model="m", effort="low", cwd="/a"), IMAGE, said("told")])
    due = ThreadMetadataPatch(preview="[Image]", first_user_message="[Image]", reasoning_effort="low", cwd="/a")
    assert sync.pending == due
    sync.persisted()
    assert sync.deferred
    sync.observe([said("later"), context(cwd="/b")], 7)
    assert sync.pending == merge(due, ThreadMetadataPatch(updated_at=7))


def test_resuming_makes_good_the_settings_of_the_last_turn() -> None:
    """Ensure approval mode and permissions are restored where the thread has none, and nowhere else."""
    history = [context(approval_policy="never", permission_profile={"type": "disabled"})]
    empty = StoredThread(thread_id=ONE, created_at=0, updated_at=0, recency_at=0, approval_mode="")
    due = ThreadMetadataPatch(approval_mode="never", permission_profile={"type": "disabled"})
    assert MetadataSync.resumed(empty, history).pending == due
    stored = attrs.evolve(empty, approval_mode="on-request", permission_profile={"type": "managed"})
    assert is_empty(MetadataSync.resumed(stored, history).pending)


def test_an_empty_directory_is_none() -> None:
    """Ensure neither a creation nor a turn without text for a directory sends one or keeps a later one out."""
    sync = created(metadata=ThreadPersistenceMetadata(cwd=""))
    assert sync.pending.cwd is UNSET
    sync.observe([context(cwd=""), context(cwd="/a")], 7)
    assert sync.pending.cwd == "/a"


def test_turn_starts_alone_advance_recency() -> None:
    """Ensure every append moves updated_at, and only one with a turn start recency, to the same instant."""
    sync = settled()
    sync.observe([OUTPUT, usage(1)], 5)
    assert (sync.pending.updated_at, sync.pending.advance_recency_at) == (5, UNSET)
    sync.observe([START], 6)
    assert (sync.pending.updated_at, sync.pending.advance_recency_at) == (6, 6)


def test_touches_wait_for_five_seconds() -> None:
    """Ensure an append without facts waits 5 s after the last time sent, and one with facts never."""
    sync = settled()
    sync.observe([OUTPUT], 1_000)
    assert not sync.may_wait(1_000)
    sync.acknowledge(sync.pending, sync.generation)
    for now, waits in ((1_000, True), (5_999, True), (6_000, False)):
        sync.observe([OUTPUT], now)
        assert sync.may_wait(now) is waits
    sync.acknowledge(sync.pending, sync.generation)
    sync.observe([START], 6_001)
    assert not sync.may_wait(6_001)


def test_an_older_generation_clears_nothing() -> None:
    """Ensure what was observed after a patch was sent is still pending when that is acknowledged."""
    sync = created()
    sent, generation = sync.pending, sync.generation
    sync.observe([said("hi")], 1)
    sync.acknowledge(sent, generation)
    assert sync.pending.preview == "hi"
    sync.acknowledge(sync.pending, sync.generation)
    assert is_empty(sync.pending)
