"""The persistence policy: which items are worth keeping (APPEND-2).

A pure function of one item, given by two tables: what is kept, and what is known and dropped. Whatever neither
table lists is unknown, and dropped too; the difference matters to a reader of files, which returns a known item that
an older writer kept, and only counts an unknown one.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from .items import RolloutItem
from .jsonvalue import JSON


class Disposition(Enum):
    """What becomes of an item."""

    KEEP = "keep"
    DROP = "drop"
    UNKNOWN = "unknown"


#: Records that are kept whatever they hold.
KEPT_TYPES = frozenset({
    "session_meta", "turn_context", "compacted", "inter_agent_communication",
    "inter_agent_communication_metadata", "world_state",
})  # fmt: skip

#: Response items that are kept, by the ``type`` in the payload.
KEPT_RESPONSE_ITEMS = frozenset({
    "message", "agent_message", "reasoning", "local_shell_call", "function_call", "function_call_output",
    "tool_search_call", "tool_search_output", "custom_tool_call", "custom_tool_call_output", "web_search_call",
    "image_generation_call", "compaction", "context_compaction", "additional_tools",
})  # fmt: skip

#: Response items that are known and dropped.
DROPPED_RESPONSE_ITEMS = frozenset({"compaction_trigger"})

#: Events that are kept, by the ``type`` in the payload.
KEPT_EVENTS = frozenset({
    "user_message", "agent_message", "agent_reasoning", "agent_reasoning_raw_content", "patch_apply_end",
    "token_count", "thread_goal_updated", "context_compacted", "entered_review_mode", "exited_review_mode",
    "mcp_tool_call_end", "thread_rolled_back", "turn_aborted", "task_started", "turn_started", "task_complete",
    "turn_complete", "web_search_end", "image_generation_end", "sub_agent_activity",
})  # fmt: skip

#: The turn items whose ``item_completed`` event is kept; those of all other items are dropped.
KEPT_COMPLETED_ITEMS = frozenset({"Plan", "Sleep"})

#: Events that are known and dropped.
DROPPED_EVENTS = frozenset({
    "error", "warning", "stream_error", "deprecation_notice", "shutdown_complete", "session_configured",
    "thread_settings_applied", "thread_name_updated", "raw_response_item", "turn_diff", "view_image_tool_call",
    "exec_command_begin", "exec_command_end", "exec_command_output_delta", "exec_approval_request",
    "apply_patch_approval_request", "request_permissions", "request_user_input", "elicitation_request",
    "patch_apply_begin", "patch_apply_updated", "mcp_tool_call_begin", "mcp_startup_update",
    "mcp_startup_complete", "web_search_begin", "image_generation_begin", "dynamic_tool_call_request",
    "dynamic_tool_call_response", "agent_message_delta", "agent_message_content_delta", "agent_reasoning_delta",
    "agent_reasoning_section_break", "agent_reasoning_raw_content_delta", "reasoning_content_delta",
    "reasoning_raw_content_delta", "plan_update", "plan_delta", "item_started", "item_completed",
    "model_reroute", "model_verification", "safety_buffering", "turn_moderation_metadata",
    "guardian_assessment", "guardian_warning", "hook_started", "hook_completed", "realtime_conversation_started",
    "realtime_conversation_realtime", "realtime_conversation_closed", "collab_agent_spawn_begin",
    "collab_agent_spawn_end", "collab_agent_interaction_begin", "collab_agent_interaction_end",
    "collab_waiting_begin", "collab_waiting_end", "collab_close_begin", "collab_close_end",
    "collab_resume_begin", "collab_resume_end",
})  # fmt: skip


def disposition(item_type: str, payload: JSON) -> Disposition:
    """Say what becomes of an item of this type and payload."""
    if item_type in KEPT_TYPES:
        return Disposition.KEEP
    inner = payload.get("type")
    if not isinstance(inner, str):
        return Disposition.UNKNOWN
    if item_type == "response_item":
        return _by_table(inner, KEPT_RESPONSE_ITEMS, DROPPED_RESPONSE_ITEMS)
    if item_type == "event_msg":
        if inner == "item_completed" and _completed_kind(payload) in KEPT_COMPLETED_ITEMS:
            return Disposition.KEEP
        return _by_table(inner, KEPT_EVENTS, DROPPED_EVENTS)
    return Disposition.UNKNOWN


def keeps(item: RolloutItem) -> bool:
    """Tell whether the policy keeps an item."""
    return disposition(item.type, item.payload) is Disposition.KEEP


def canonical_items(items: Iterable[RolloutItem]) -> tuple[RolloutItem, ...]:
    """Return the items that are kept, in order; doing it twice changes nothing."""
    return tuple(item for item in items if keeps(item))


def _by_table(inner: str, kept: frozenset[str], dropped: frozenset[str]) -> Disposition:
    if inner in kept:
        return Disposition.KEEP
    return Disposition.DROP if inner in dropped else Disposition.UNKNOWN


def _completed_kind(payload: JSON) -> str | None:
    item = payload.get("item")
    kind = item.get("type") if isinstance(item, dict) else None
    return kind if isinstance(kind, str) else None
