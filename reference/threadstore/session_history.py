"""What a history means to a session: the turns in effect, where a fork is cut, what a sub-agent gets to see.

For the session model. The *effective* history is the raw one with every rollback carried out: each marker takes away
the last turns and everything after them (TURN-1). Forks are cut at places of the raw history, which nothing shortens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from .items import RolloutItem
from .jsonvalue import JSON, same_json

Items: TypeAlias = Sequence[RolloutItem]
#: Items of a history with their places in it.
Placed: TypeAlias = list[tuple[int, RolloutItem]]

_STARTS = ("task_started", "turn_started")
_ENDS = ("task_complete", "turn_complete", "turn_aborted")
_BACK = "thread_rolled_back"
_INJECTED = (
    "<environment_context>", "<user_instructions>", "# AGENTS.md instructions", "<turn_aborted>",
    "<subagent_notification>", "<skill>", "<user_shell_command>",
)  # fmt: skip


def user_messages(items: Items) -> list[int]:
    """Return the places of the effective user messages."""
    return _messages(_effective(items, _messages))


def cut_whole(items: Items) -> int:
    """Return where a copy of everything but an unfinished turn ends."""
    start = _unfinished(items)
    return len(items) if start is None else start


def cut_after(items: Items, turn_id: str) -> int | None:
    """Return where a copy that ends with a turn ends; nothing when the turn is not known, not ended or rolled back."""
    ended = None
    active: Any = None
    for place, item in _effective(items, _messages):
        if _event(item) in _STARTS:
            active = item.payload.get("turn_id")
        elif _closes(item, active):
            ended = place + 1 if active == turn_id else ended
            active = None
        elif item is _CARRIED_OUT:
            active = None
    return ended


def ends_in_turn(items: Items) -> bool:
    """Tell whether a history ends in the middle of a turn."""
    return _unfinished(items) is not None


def active_turn(items: Items) -> JSON:
    """Return the id of the turn in which a history ends, if it has one."""
    start = _unfinished(items)
    return items[start].payload.get("turn_id") if start is not None and _event(items[start]) in _STARTS else None


def shown_to_subagent(items: Items) -> list[RolloutItem]:
    """Return what a sub-agent with its parent's full history starts with (FORK-2b)."""
    return [kept for item in items for kept in _filtered(item)]


def last_turns(items: Items, count: int) -> list[RolloutItem]:
    """Return what a sub-agent with its parent's last turns starts with (FORK-2b)."""
    places = _boundaries(_effective(items, _boundaries))
    if not count or not places:
        return []
    first = places[max(0, len(places) - count)]
    dropped = ("session_meta", "turn_context", "world_state")
    return [item for item in shown_to_subagent(items[first:]) if item.type not in dropped]


def _effective(items: Items, turns_of: Callable[[Placed], list[int]]) -> Placed:
    """Carry out every rollback; what it leaves behind is an end that belongs to no turn."""
    kept: Placed = []
    for place, item in enumerate(items):
        count: Any = item.payload.get("num_turns") if _event(item) == _BACK else 0
        turns = turns_of(kept) if type(count) is int and count > 0 else []
        if turns:
            first = turns[max(0, len(turns) - count)]
            kept = [each for each in kept if each[0] < first]
        kept.append((place, _CARRIED_OUT if turns else item))
    return kept


#: A rollback that took something away: whatever turn was active is no more.
_CARRIED_OUT = RolloutItem("event_msg", {"type": _BACK, "num_turns": None, "carried out": True})


def _messages(kept: Placed) -> list[int]:
    places = []
    echo_due = False
    for place, item in kept:
        if _is_response_of_user(item):
            places.append(place)
            echo_due = True
        elif _event(item) == "user_message":
            if not echo_due:
                places.append(place)
            echo_due = False
        elif _event(item) in (*_STARTS, *_ENDS, _BACK):
            echo_due = False
    return places


def _boundaries(kept: Placed) -> list[int]:
    called = [
        place
        for place, item in kept
        if item.type.startswith("inter_agent_") and item.payload.get("trigger_turn") is True
    ]
    return sorted({*_messages(kept), *called})


def _unfinished(items: Items) -> int | None:
    """Return the place where the unfinished turn starts, if there is one."""
    kept = _effective(items, _messages)
    start: int | None = None
    active: Any = None
    for place, item in kept:
        if _event(item) in _STARTS:
            start, active = place, item.payload.get("turn_id")
        elif start is not None and (_closes(item, active) or item is _CARRIED_OUT):
            start, active = None, None
    if start is not None or any(_event(item) in _STARTS for item in items):
        return start
    messages = _messages(kept)
    if not messages or any(_event(item) in _ENDS for place, item in kept if place > messages[-1]):
        return None
    return messages[-1]


def _closes(item: RolloutItem, active: Any) -> bool:
    turn_id = item.payload.get("turn_id")
    return _event(item) in _ENDS and (turn_id is None or same_json(turn_id, active))


def _event(item: RolloutItem) -> Any:
    return item.payload.get("type") if item.type == "event_msg" else None


def _is_response_of_user(item: RolloutItem) -> bool:
    payload = item.payload
    if item.type != "response_item" or payload.get("type") != "message" or payload.get("role") != "user":
        return False
    content = payload.get("content")
    parts = content if isinstance(content, list) else []
    texts = [part["text"] for part in parts if isinstance(part, dict) and isinstance(part.get("text"), str)]
    return not (texts and texts[0].lstrip().startswith(_INJECTED))


def _filtered(item: RolloutItem) -> Iterable[RolloutItem]:
    if item.type in ("event_msg", "session_meta", "turn_context", "world_state"):
        return [item]
    if item.type == "compacted":
        replacement = item.payload.get("replacement_history")
        if not isinstance(replacement, list):
            return [item]
        shown = [response for response in replacement if _shown(response)]
        return [RolloutItem(item.type, {**item.payload, "replacement_history": shown})]
    return [item] if item.type == "response_item" and _shown(item.payload) else []


def _shown(response: JSON) -> bool:
    if not isinstance(response, dict) or response.get("type") != "message":
        return False
    role = response.get("role")
    return role in ("system", "developer", "user") or (role == "assistant" and response.get("phase") == "final_answer")
