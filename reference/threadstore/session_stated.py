"""What the SessionMetas and turn contexts of a history state, for the session model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .ids import is_thread_id
from .items import RolloutItem
from .outcomes import Open


def session_metas(items: Sequence[RolloutItem]) -> list[dict[str, Any]]:
    """Return the facts of every SessionMeta among items, in order; a record that names no thread is none."""
    metas = (_stated(item) for item in items if item.type == "session_meta")
    return [meta for meta in metas if "id" in meta]


def own_meta(items: Sequence[RolloutItem]) -> dict[str, Any]:
    """Return the facts of a history's first item, the thread's own SessionMeta."""
    return _stated(items[0]) if items else {}


def first_given(metas: Sequence[dict[str, Any]], name: str) -> Any:
    """Return the first value of a fact that is not empty."""
    return next((meta[name] for meta in metas if meta.get(name)), None)


def version(items: Sequence[RolloutItem]) -> str | None:
    """Return the multi-agent version that the last SessionMeta with one states, else the last turn context."""
    told = [meta["multi_agent_version"] for meta in session_metas(items) if meta.get("multi_agent_version")]
    return told[-1] if told else version_of_turns(items)


def version_of_turns(items: Sequence[RolloutItem]) -> str | None:
    """Return the multi-agent version that the last turn context with one states."""
    told = [item.payload.get("multi_agent_version") for item in items if item.type == "turn_context"]
    texts = [version for version in told if isinstance(version, str) and version]
    return texts[-1] if texts else None


def spawn_facts(source: Any) -> dict[str, Any]:
    """Return what a sub-agent's source says of it, its parent above all; nothing for any other source."""
    for key in ("subagent", "thread_spawn"):
        source = source.get(key) if isinstance(source, dict) else None
    if not isinstance(source, dict) or not is_thread_id(source.get("parent_thread_id")):
        return {}
    return {name: source[name] for name in _OF_SPAWNS if isinstance(source.get(name), str)}


_OF_SPAWNS = ("parent_thread_id", "agent_nickname", "agent_role", "agent_path")

#: Members of a SessionMeta that are not text.
_KINDS: dict[str, tuple[type, ...]] = {
    "source": (str, dict),
    "base_instructions": (object,),
    "dynamic_tools": (list,),
    "selected_capability_roots": (list,),
}


def _stated(item: RolloutItem) -> dict[str, Any]:
    meta: Any = item.payload
    payload: dict[str, Any] = meta.facts.payload() if isinstance(meta, Open) else meta
    # A member of another type than its fact's counts as absent.
    return {name: value for name, value in payload.items() if isinstance(value, _KINDS.get(name, (str,)))}
