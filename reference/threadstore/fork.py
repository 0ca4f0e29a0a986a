"""What a fork or a spawned sub-agent takes over from a history: which items, and which facts.

A user's fork copies the raw items up to a cut, unchanged. A sub-agent gets the conversation without the work: messages
of the system, the developer and the user, and the assistant's final answers. Positions are those of the raw history;
which turns are in effect is `threadstore.turns`' matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from .errors import InvalidRequest
from .items import RolloutItem
from .jsonvalue import JSON
from .manager_params import ForkParams, SpawnParams
from .turns import TurnScan, scan
from .views import SessionMeta, TurnContext

#: Who speaks in the messages that a sub-agent gets whole; of the assistant it gets final answers.
COPIED_ROLES = frozenset({"system", "developer", "user"})

#: What a sub-agent gets of everything else.
COPIED_TYPES = frozenset({"event_msg", "session_meta", "turn_context", "world_state"})

#: What it does not get with the last turns alone: the setting of the whole thread.
WHOLE_THREAD_TYPES = frozenset({"session_meta", "turn_context", "world_state"})


def cut(items: Sequence[RolloutItem], params: ForkParams) -> tuple[RolloutItem, ...]:
    """Return what a user's fork copies of its source's history (FORK-1b)."""
    turns = scan(items)
    if params.cut == "before_user_message":
        end = turns.positions[params.nth] if params.nth < turns.count else turns.unfinished
        return tuple(items[:end])
    if params.cut == "after_turn":
        return tuple(items[: _end_of_turn(turns, params.turn_id) + 1])
    if params.cut == "interrupted" and turns.unfinished is not None:
        return (*items, _interruption(turns))
    return tuple(items)


def _end_of_turn(turns: TurnScan, turn_id: str | None) -> int:
    end = None if turn_id is None else turns.end_of(turn_id)
    if end is None:
        raise InvalidRequest(f"turn_id must name a turn that ended and is in effect, not {turn_id!r}", "turn_id")
    return end


def _interruption(turns: TurnScan) -> RolloutItem:
    payload = {"type": "turn_aborted", "reason": "interrupted"}
    if turns.active and turns.active.turn_id is not None:
        payload["turn_id"] = turns.active.turn_id
    return RolloutItem("event_msg", payload)


def spawned_items(items: Sequence[RolloutItem], params: SpawnParams) -> tuple[RolloutItem, ...]:
    """Return what a sub-agent gets of its spawner's history (FORK-2b)."""
    if not copies_history(params):
        return ()
    if params.mode == "full_history":
        return tuple(_filtered(items))
    return tuple(_filtered(item for item in _last_turns(items, params.last) if item.type not in WHOLE_THREAD_TYPES))


def copies_history(params: SpawnParams) -> bool:
    """Tell whether a sub-agent gets anything of the history at all."""
    return params.mode == "full_history" or (params.mode == "last_turns" and params.last > 0)


def _last_turns(items: Sequence[RolloutItem], count: int) -> Sequence[RolloutItem]:
    positions = scan(items, fork_turns=True).positions
    if not positions:
        return ()
    return items[positions[-min(count, len(positions))] :]


def _filtered(items: Iterable[RolloutItem]) -> Iterator[RolloutItem]:
    for item in items:
        if item.type == "compacted":
            yield RolloutItem(item.type, _compacted(item.payload))
        elif item.type in COPIED_TYPES or (item.type == "response_item" and _is_conversation(item.payload)):
            yield item


def _compacted(payload: dict[str, JSON]) -> dict[str, JSON]:
    replacement = payload.get("replacement_history")
    if not isinstance(replacement, list):
        return payload
    return {**payload, "replacement_history": [item for item in replacement if _is_conversation(item)]}


def _is_conversation(item: JSON) -> bool:
    if not isinstance(item, dict) or item.get("type") != "message":
        return False
    role = item.get("role")
    if role == "assistant":
        return bool(item.get("phase") == "final_answer")
    return isinstance(role, str) and role in COPIED_ROLES


@frozen(kw_only=True)
class Inherited:
    """The facts that a history hands on; ``None`` or empty where it has nothing to hand on."""

    originator: str | None = None
    base_instructions: JSON = None
    dynamic_tools: tuple[JSON, ...] = ()
    selected_capability_roots: tuple[JSON, ...] = ()
    multi_agent_version: str | None = None
    history_mode: str | None = None


def inherited(items: Sequence[RolloutItem]) -> Inherited:
    """Read what a history hands on (FORK-1e): some of it is the first SessionMeta's, some any one's."""
    metas = tuple(session_metas(items))
    first = metas[0] if metas else None
    instructions = (meta.base_instructions for meta in metas if meta.base_instructions)
    versions = [meta.multi_agent_version for meta in metas if meta.multi_agent_version]
    return Inherited(
        originator=first.originator if first else None,
        base_instructions=next(instructions, None),
        dynamic_tools=next((meta.dynamic_tools for meta in metas if meta.dynamic_tools), ()),
        selected_capability_roots=first.selected_capability_roots if first else (),
        multi_agent_version=versions[-1] if versions else version_of_contexts(items),
        history_mode=first.history_mode if first else None,
    )


def session_metas(items: Iterable[RolloutItem]) -> Iterator[SessionMeta]:
    """Read the SessionMetas of a history; a record that names no thread is none."""
    for item in items:
        if item.type == "session_meta" and isinstance(item.payload.get("id"), str):
            yield SessionMeta.of(item.payload)


def version_of_contexts(items: Sequence[RolloutItem]) -> str | None:
    """Return the multi-agent version of the last turn context that names one."""
    contexts = (TurnContext.of(item.payload) for item in reversed(items) if item.type == "turn_context")
    return next((context.multi_agent_version for context in contexts if context.multi_agent_version), None)
