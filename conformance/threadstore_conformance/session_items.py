"""Rollout items that session layers look into, each made by one short word; `lab` has the plainest two."""

from __future__ import annotations

from typing import Any

import attrs

from threadstore import RolloutItem, ThreadId, TokenUsage
from threadstore.jsonvalue import JSON


def event(kind: str, **members: Any) -> RolloutItem:
    """Make an event; members that are ``None`` are left out."""
    return RolloutItem("event_msg", {"type": kind, **_given(members)})


def turn_started(turn_id: str | None = None, kind: str = "task_started") -> RolloutItem:
    """Make the start of a turn; ``turn_started`` is its other name."""
    return event(kind, turn_id=turn_id)


def turn_complete(turn_id: str | None = None, kind: str = "task_complete") -> RolloutItem:
    """Make the end of a turn that was done; ``turn_complete`` is its other name."""
    return event(kind, turn_id=turn_id)


def turn_aborted(turn_id: str | None = None, reason: str = "interrupted") -> RolloutItem:
    """Make the end of a turn that was not done."""
    return event("turn_aborted", turn_id=turn_id, reason=reason)


def rolled_back(num_turns: JSON) -> RolloutItem:
    """Make a rollback marker."""
    return RolloutItem("event_msg", {"type": "thread_rolled_back", "num_turns": num_turns})


def goal(objective: str) -> RolloutItem:
    """Make the news of a goal."""
    return event("thread_goal_updated", goal={"objective": objective})


def token_count(total: int, *, output: int = 0) -> RolloutItem:
    """Make the news of a running total of tokens."""
    usage = TokenUsage(input_tokens=total - output, output_tokens=output, total_tokens=total)
    return event("token_count", info={"total_token_usage": attrs.asdict(usage)})


def turn_context(**members: Any) -> RolloutItem:
    """Make the settings that a turn ran with: cwd, model, effort, approval_policy, permission_profile and so on."""
    return RolloutItem("turn_context", _given(members))


def user_response(text: str) -> RolloutItem:
    """Make what a user said, as the model is sent it."""
    return _message("user", "input_text", text)


def developer_response(text: str) -> RolloutItem:
    """Make what a developer said, as the model is sent it."""
    return _message("developer", "input_text", text)


def assistant_response(text: str, phase: str | None = None) -> RolloutItem:
    """Make what the model said; the answer proper has the phase ``final_answer``."""
    return _message("assistant", "output_text", text, **_given({"phase": phase}))


def response(kind: str, **members: Any) -> RolloutItem:
    """Make a response item of any other kind: reasoning, function_call and so on."""
    return RolloutItem("response_item", {"type": kind, **members})


def session_meta(thread_id: ThreadId, **members: Any) -> RolloutItem:
    """Make the first record of another thread, as a copy of its history holds it."""
    return RolloutItem("session_meta", {"id": thread_id, **members})


def agent_communication(text: str, *, trigger_turn: bool | None = None) -> RolloutItem:
    """Make what another agent said; one that triggers a turn begins a turn to fork at."""
    return RolloutItem("inter_agent_communication", _given({"content": text, "trigger_turn": trigger_turn}))


def compacted(message: str, replacement: list[RolloutItem] | None = None) -> RolloutItem:
    """Make a compaction: what stands for the history before it, when it says so."""
    history = None if replacement is None else [item.payload for item in replacement]
    return RolloutItem("compacted", _given({"message": message, "replacement_history": history}))


def world_state(**members: Any) -> RolloutItem:
    """Make a record of the world's state."""
    return RolloutItem("world_state", members)


def _message(role: str, part: str, text: str, **more: Any) -> RolloutItem:
    return response("message", role=role, content=[{"type": part, "text": text}], **more)


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
