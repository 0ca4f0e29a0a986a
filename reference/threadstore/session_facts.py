"""What a history says of a thread: the observed metadata as one fold (SYNC-1).

For the session model. It reads payloads by itself, so that it shares nothing with the code that observes appends.
A fact is either the *first* of its kind that was told, and then stays, or the *last*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .items import RolloutItem
from .thread import TokenUsage

#: Facts whose first telling stands (SYNC-1b).
FIRST_WINS = ("preview", "first_user_message", "title", "cwd")

#: Facts that a resumed session makes good when the stored thread lacks them (SYNC-3).
MADE_GOOD = (
    "preview", "first_user_message", "title", "cwd", "model", "reasoning_effort", "approval_mode",
    "permission_profile", "token_usage",
)  # fmt: skip

_MARK = "## My request for Codex:"


def facts_of(items: Iterable[RolloutItem], decided: Iterable[str] = ()) -> dict[str, Any]:
    """Return what items say of their thread, by field; of ``decided`` fields they say nothing more."""
    told: dict[str, list[Any]] = {}
    for item in items:
        for name, value in _told_by(item):
            if value is not None:
                told.setdefault(name, []).append(value)
    return {
        name: values[0] if name in FIRST_WINS else values[-1] for name, values in told.items() if name not in decided
    }


def starts_turn(items: Sequence[RolloutItem]) -> bool:
    """Tell whether a turn starts among items: what alone moves recency (SYNC-1c)."""
    return any(
        item.type == "event_msg" and item.payload.get("type") in ("task_started", "turn_started") for item in items
    )


def _told_by(item: RolloutItem) -> list[tuple[str, Any]]:
    payload = item.payload
    if item.type == "turn_context":
        return [
            ("model", _text(payload, "model")),
            ("reasoning_effort", _text(payload, "effort")),
            ("approval_mode", _text(payload, "approval_policy")),
            ("permission_profile", _object(payload, "permission_profile")),
            ("cwd", _text(payload, "cwd") or None),
        ]
    if item.type != "event_msg":
        return []
    if payload.get("type") == "user_message":
        words = _words(_text(payload, "message") or "")
        images = [payload.get(name) for name in ("images", "local_images")]
        shown = words or ("[Image]" if any(isinstance(some, list) and some for some in images) else None)
        return [("first_user_message", shown), ("preview", shown), ("title", words or None)]
    if payload.get("type") == "thread_goal_updated":
        return [("preview", (_text(_object(payload, "goal") or {}, "objective") or "").strip() or None)]
    if payload.get("type") == "token_count":
        return [("token_usage", _usage(_object(_object(payload, "info") or {}, "total_token_usage")))]
    return []


def _words(message: str) -> str:
    place = message.find(_MARK)
    return (message if place < 0 else message[place + len(_MARK) :]).strip()


def _usage(total: dict[str, Any] | None) -> TokenUsage | None:
    if not total:
        return None
    names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens", "total_tokens")
    counts = [total[name] if type(total.get(name)) is int else 0 for name in names]
    # An item may hold numbers that a patch may not; what cannot be sent is not told.
    return TokenUsage(*counts) if all(-(2**63) <= count < 2**63 for count in counts) else None


def _text(payload: dict[str, Any], name: str) -> str | None:
    value = payload.get(name)
    return value if type(value) is str else None


def _object(payload: dict[str, Any], name: str) -> dict[str, Any] | None:
    value = payload.get(name)
    return value if type(value) is dict else None
