"""What a whole history says of its thread, asked of all its items at once and field by field.

An oracle of its own: it keeps no state, knows no batches, and shares no code with a session layer or a model of one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from threadstore import RolloutItem, TokenUsage

_COUNTS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens")


def said(items: Sequence[RolloutItem]) -> dict[str, Any]:
    """Return the facts of a thread that was made with a working directory, and never patched.

    Of approval mode and permissions, which are the store's own until an item says them, only what was said.
    """
    previews = [text for text in map(_preview, items) if text]
    messages = [text for item in items if _is(item, "user_message") and (text := _preview(item))]
    titles = [text for item in items if _is(item, "user_message") and (text := _words(item))]
    settings = {
        "approval_mode": _last(items, "approval_policy"),
        "permission_profile": _last(items, "permission_profile"),
    }
    return {
        "preview": previews[0] if previews else "",
        "first_user_message": messages[0] if messages else None,
        "title": titles[0] if titles else None,
        "model": _last(items, "model"),
        "reasoning_effort": _last(items, "effort"),
        "token_usage": _usage(items),
        "name": None,
        **{name: value for name, value in settings.items() if value is not None},
    }


def _is(item: RolloutItem, event: str) -> bool:
    return item.type == "event_msg" and item.payload["type"] == event


def _preview(item: RolloutItem) -> str | None:
    if _is(item, "thread_goal_updated"):
        return str(item.payload["goal"]["objective"]).strip()
    if not _is(item, "user_message"):
        return None
    images = [*item.payload.get("images", ()), *item.payload.get("local_images", ())]
    return _words(item) or ("[Image]" if images else None)


def _words(item: RolloutItem) -> str:
    return str(item.payload["message"]).split("## My request for Codex:", 1)[-1].strip()


def _last(items: Sequence[RolloutItem], member: str) -> Any:
    contexts: Iterator[RolloutItem] = (item for item in reversed(items) if item.type == "turn_context")
    return next((item.payload[member] for item in contexts if member in item.payload), None)


def _usage(items: Sequence[RolloutItem]) -> TokenUsage | None:
    counts = [item.payload.get("info") for item in items if _is(item, "token_count")]
    totals = [info["total_token_usage"] for info in counts if info]
    return TokenUsage(*(totals[-1].get(name, 0) for name in _COUNTS)) if totals else None
