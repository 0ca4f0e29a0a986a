"""Items that tell much of a thread, and a patch that says otherwise."""

from __future__ import annotations

from typing import Any

from threadstore import GitInfoPatch, RolloutItem, TokenUsage
from threadstore_conformance.lab import agent_message, user_message

#: Items from which a store might be tempted to learn something of the thread.
TELLING = (
    user_message("a first message that would make a preview"),
    agent_message("an answer"),
    RolloutItem("turn_context", {
        "cwd": "/elsewhere", "model": "model-z", "effort": "high", "approval_policy": "never",
        "sandbox_policy": {"type": "read-only"}, "summary": "auto", "permission_profile": {"type": "disabled"},
    }),
    RolloutItem("event_msg", {"type": "token_count", "info": {"total_token_usage": {
        "input_tokens": 1, "cached_input_tokens": 2, "output_tokens": 3, "reasoning_output_tokens": 4,
        "total_tokens": 10,
    }, "last_token_usage": {}, "model_context_window": 5}, "rate_limits": None}),
    RolloutItem("event_msg", {"type": "thread_goal_updated", "goal": {"objective": "win"}}),
    RolloutItem("event_msg", {"type": "thread_name_updated", "thread_name": "named by an event"}),
    RolloutItem("event_msg", {"type": "task_started", "turn_id": "1", "model_context_window": 5}),
    RolloutItem("event_msg", {"type": "task_complete", "turn_id": "1", "last_agent_message": "done"}),
    RolloutItem("response_item", {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "x"}]}),
    RolloutItem("session_meta", {
        "id": "0190aaaa-0000-7000-8000-000000000001", "originator": "another", "cwd": "/elsewhere", "source": "exec",
        "memory_mode": "disabled", "model_provider": "provider-z", "cli_version": "9.9.9", "agent_nickname": "Zoe",
        "git": {"commit_hash": "abc", "branch": "main", "repository_url": "https://example.org/r.git"},
    }),
    RolloutItem("compacted", {"message": "what was said"}),
)  # fmt: skip


def patched() -> dict[str, Any]:
    """Return a patch that sets what the items would tell, and more."""
    return {
        "name": "named by the user", "preview": "p", "title": "t", "model": "model-a", "reasoning_effort": "low",
        "updated_at": 5_000, "created_at": 4_000, "first_user_message": "f", "approval_mode": "on-request",
        "token_usage": TokenUsage(9, 9, 9, 9, 9), "git_info": GitInfoPatch(branch="mine"), "cwd": "/patched",
    }  # fmt: skip
