"""Patches that checks apply, and threads in the places where a patch must work alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from threadstore import GitInfoPatch, StoredThread, ThreadId, TokenUsage
from threadstore_conformance.lab import Lab

from .verbs import archive

#: A value for every field that reads back under its own name as what was sent.
FIRST: dict[str, Any] = {
    "name": "first name", "preview": "first preview", "title": "first title", "model_provider": "provider-1",
    "model": "model-1", "reasoning_effort": "low", "created_at": 1_000, "updated_at": 2_000,
    "source": {"custom": {"a": 1}}, "thread_source": "user", "agent_nickname": "Ada", "agent_role": "explorer",
    "agent_path": "/agents/ada", "cwd": "/first", "cli_version": "1.0.0", "approval_mode": "never",
    "permission_profile": {"type": "managed", "network": True}, "token_usage": TokenUsage(1, 2, 3, 4, 10),
    "first_user_message": "first words", "memory_mode": "disabled", "history_mode": "legacy",
}  # fmt: skip

#: Another value for each of them.
SECOND: dict[str, Any] = {
    "name": "second name", "preview": "second preview", "title": "second title", "model_provider": "provider-2",
    "model": "model-2", "reasoning_effort": "high", "created_at": 4_000, "updated_at": 3_000, "source": "exec",
    "thread_source": "subagent", "agent_nickname": "Bob", "agent_role": "worker", "agent_path": "/agents/bob",
    "cwd": "/second", "cli_version": "2.0.0", "approval_mode": "on-request",
    "permission_profile": {"type": "disabled"}, "token_usage": TokenUsage(5, 0, 0, 0, 5),
    "first_user_message": "second words", "memory_mode": "enabled", "history_mode": "legacy",
}  # fmt: skip

#: Patches of every sort: one of each field alone, clears, parts of git, nothing, and everything.
PATCHES: tuple[dict[str, Any], ...] = (
    *({field: value} for field, value in FIRST.items()),
    {"advance_recency_at": 4_000_000_000_000},
    {"advance_recency_at": 5},
    {"git_info": GitInfoPatch(sha="a", branch="b")},
    {"git_info": GitInfoPatch(sha=None)},
    {"git_info": GitInfoPatch(branch=None)},
    {"git_info": GitInfoPatch()},
    {},
    {"name": None},
    {"thread_source": None, "agent_nickname": None, "agent_role": None, "agent_path": None},
    {"preview": "", "title": "", "model": ""},
    {**SECOND, "git_info": GitInfoPatch(origin_url="c"), "advance_recency_at": 4_000_000_000_001},
)


def places(lab: Lab) -> Iterator[tuple[str, ThreadId]]:
    """Yield new threads: a live one, a closed one, an archived one."""
    for place in ("live", "closed", "archived"):
        thread = lab.create()
        if place != "live":
            lab.close(thread)
        if place == "archived":
            archive(lab, thread)
        yield place, thread


def patched_thread(lab: Lab, thread: ThreadId) -> None:
    """Set every field that can be patched."""
    lab.patch(thread, **FIRST, git_info=GitInfoPatch(sha="sha", branch="main", origin_url="url"))


def patch_field(lab: Lab, thread: ThreadId, field: str, value: Any) -> StoredThread:
    """Patch one field by its name."""
    return lab.patch(thread, **{field: value})
