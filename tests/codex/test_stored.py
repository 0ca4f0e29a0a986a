"""Threads put together of what Codex shows and what it keeps."""

from __future__ import annotations

from typing import Any

import pytest

from codex.recorded import THREAD
from threadstore import GitInfo, RolloutItem, StoredThreadHistory
from threadstore_backends.codex.stored import items_of, loaded_thread, stored_source, stored_thread
from threadstore_backends.codex.views import thread_of
from threadstore_backends.local.rollout import Record
from threadstore_conformance.lab import agent_message, user_message
from threadstore_conformance.session_items import event, session_meta, user_response

ROW: dict[str, Any] = {
    "title": "", "model": "m", "reasoning_effort": "low", "created_at_ms": 1_001, "updated_at_ms": 2_002,
    "recency_at_ms": 3_003, "archived_at": 4, "agent_path": "/a", "approval_mode": "never",
    "sandbox_policy": '{"type": "open"}', "first_user_message": "hi", "memory_mode": "disabled",
}  # fmt: skip
NO_GIT = {"sha": None, "branch": None, "originUrl": None}
SPAWNED = {"thread_spawn": {"parent_thread_id": "p", "depth": 1, "agent_path": "/a"}}


def _view(session: dict[str, Any] | None = None, **more: Any) -> Any:
    return thread_of({**THREAD, **more}, session)


def _records(*items: RolloutItem) -> list[Record]:
    return [Record("2026-01-01T00:00:00.000Z", item.type, item.payload) for item in items]


def test_a_loaded_thread_is_what_the_call_shows() -> None:
    """Ensure where a session works is that of the answer, and its originator the one that was seen."""
    view = _view({"cwd": "/elsewhere", "modelProvider": "other"}, agentNickname="n", agentRole="r", name="named")
    thread = loaded_thread(view, "me")
    assert (thread.thread_id, thread.session_id, thread.forked_from_id) == ("a", "s", "f")
    assert (thread.cwd, thread.model_provider, thread.originator) == ("/elsewhere", "other", "me")
    assert (thread.name, thread.agent_nickname, thread.agent_role, thread.agent_path) == ("named", "n", "r", None)
    assert (thread.source, thread.thread_source, thread.ephemeral) == ("vscode", "user", False)


def test_an_agents_path_is_in_its_source() -> None:
    """Ensure it is found there, and that a source which spawned nothing has none."""
    session = {"cwd": "/w", "modelProvider": "p"}
    assert loaded_thread(_view(session, source={"subAgent": SPAWNED}), "").agent_path == "/a"
    assert loaded_thread(_view(session, source={"subAgent": {"other": 1}}), "").agent_path is None
    assert loaded_thread(_view(session, source={"custom": "x"}), "").agent_path is None


def test_a_stored_thread_is_view_row_and_rollout_together() -> None:
    """Ensure what is shown is taken, what is not is the database's, and the originator is that of the first line."""
    items = (user_message("hi"),)
    thread = stored_thread(_view(gitInfo={**NO_GIT, "branch": "main"}), ROW, {"originator": "me"}, items)
    assert (thread.thread_id, thread.preview, thread.cwd, thread.cli_version) == ("a", "p", "/w", "v")
    assert (thread.model, thread.reasoning_effort, thread.approval_mode) == ("m", "low", "never")
    assert (thread.permission_profile, thread.memory_mode) == ({"type": "open"}, "disabled")
    assert (thread.first_user_message, thread.agent_path, thread.originator) == ("hi", "/a", "me")
    assert thread.git_info == GitInfo(None, "main", None)
    assert thread.history == StoredThreadHistory("a", items)


def test_times_are_those_that_are_shown() -> None:
    """Ensure the database lends the milliseconds of a time that it keeps as well, and never another time."""
    thread = stored_thread(_view(gitInfo=None), ROW, {}, None)
    assert (thread.created_at, thread.updated_at, thread.recency_at, thread.archived_at) == (1_001, 2_002, 3_003, 4_000)
    other = stored_thread(_view(gitInfo=None, updatedAt=9, recencyAt=None), {**ROW, "created_at_ms": None}, {}, None)
    assert (other.created_at, other.updated_at, other.recency_at) == (1_000, 9_000, 3_003)


def test_an_empty_column_is_nothing() -> None:
    """Ensure what Codex keeps as an empty text, or shows as git facts that are none, is absent."""
    empty = {"title": "", "approval_mode": "", "sandbox_policy": "", "first_user_message": "", "archived_at": None}
    for git in (None, NO_GIT):
        thread = stored_thread(_view(gitInfo=git), {**ROW, **empty}, {}, None)
        assert (thread.title, thread.approval_mode, thread.permission_profile) == (None, None, None)
        assert (thread.first_user_message, thread.git_info, thread.archived_at) == (None, None, None)
        assert (thread.originator, thread.history) == ("", None)


@pytest.mark.parametrize(
    ("shown", "source"),
    [
        ("cli", "cli"),
        ({"subAgent": SPAWNED}, {"subagent": SPAWNED}),
        ({"subAgent": "review"}, {"subagent": "review"}),
        ({"custom": "x"}, {"custom": "x"}),
    ],
)
def test_a_source_is_spelt_as_a_rollout_spells_it(shown: Any, source: Any) -> None:
    """Ensure a sub-agent's source is the one of its first line."""
    assert stored_source(shown) == source


def test_items_are_the_known_records() -> None:
    """Ensure kinds that nobody knows are left out, and so is what later releases write besides."""
    said = user_message("hi")
    records = _records(said, RolloutItem("no_such_type", {}), event("thread_settings_applied"), user_response("hi"))
    assert items_of(records) == (said, user_response("hi"))


def test_of_a_threads_metas_the_first_counts() -> None:
    """Ensure a record that a patch wrote again is left out, of a thread that was copied too."""
    own, other, again = session_meta("a", cwd="/w"), session_meta("b"), session_meta("a", cwd="/x")
    assert items_of(_records(own, other, again, other)) == (own, other)


def test_base_instructions_are_a_text_alone() -> None:
    """Ensure what later releases say of where they are from is left out, and the rest of the record kept."""
    later = session_meta("a", base_instructions={"text": "be brief", "provenance": "x"}, cwd="/w")
    plain = session_meta("a", base_instructions={"text": "be brief"}, cwd="/w")
    assert items_of(_records(later)) == (plain,)
    for other in (session_meta("a", base_instructions="be brief"), session_meta("a", base_instructions=None), plain):
        assert items_of(_records(other)) == (other,)


def test_what_a_paginated_thread_says_is_an_event_of_its_own() -> None:
    """Ensure prompts and answers are found where a legacy thread has them, and of other items those that are kept."""
    parts = [{"type": "text", "text": "a"}, {"type": "image"}, {"type": "text", "text": "b"}]
    completed = [
        event("item_completed", item={"type": kind, "content": parts}) for kind in ("UserMessage", "AgentMessage")
    ]
    plan, dropped = (event("item_completed", item={"type": kind}) for kind in ("Plan", "Reasoning"))
    assert items_of(_records(*completed, plan, dropped)) == (user_message("ab"), agent_message("ab"), plan)
    bare = event("item_completed", item={"type": "UserMessage"})
    assert items_of(_records(bare)) == (user_message(""),)
