"""A stored thread, put together of what Codex shows of it and what it left in its home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from threadstore.items import RolloutItem
from threadstore.jsonvalue import JSON
from threadstore.policy import Disposition, disposition
from threadstore.session import LoadedThread
from threadstore.thread import GitInfo, StoredThread, StoredThreadHistory

from ..local.rollout import Record
from .views import CodexThread


def loaded_thread(view: CodexThread, originator: str) -> LoadedThread:
    """Return a loaded thread as Codex shows it, and the originator that its requests carry."""
    source = stored_source(view.source)
    spawn = source.get("subagent", {}).get("thread_spawn", {}) if type(source) is dict else {}
    return LoadedThread(
        thread_id=view.id,
        session_id=view.session_id,
        originator=originator,
        forked_from_id=view.forked_from_id,
        parent_thread_id=view.parent_thread_id,
        source=source,
        thread_source=view.thread_source,
        agent_nickname=view.agent_nickname,
        agent_role=view.agent_role,
        agent_path=spawn.get("agent_path"),
        name=view.name,
        history_mode=view.history_mode,  # type: ignore[arg-type]
        cwd=view.session.get("cwd", view.cwd),
        model_provider=view.session.get("modelProvider", view.model_provider),
        ephemeral=view.ephemeral,
    )


def stored_thread(
    view: CodexThread, row: Mapping[str, Any], meta: JSON, items: tuple[RolloutItem, ...] | None
) -> StoredThread:
    """Return a stored thread as it is shown; the rest is the state database's, and the originator the rollout's."""
    git = GitInfo(view.git["sha"], view.git["branch"], view.git["originUrl"]) if view.git else GitInfo()
    return StoredThread(
        thread_id=view.id,
        forked_from_id=view.forked_from_id,
        parent_thread_id=view.parent_thread_id,
        preview=view.preview,
        name=view.name,
        title=row["title"] or None,
        model_provider=view.model_provider,
        model=row["model"],
        reasoning_effort=row["reasoning_effort"],
        created_at=_time(view.created_at, row["created_at_ms"]),
        updated_at=_time(view.updated_at, row["updated_at_ms"]),
        recency_at=_time(view.recency_at, row["recency_at_ms"]),
        archived_at=None if row["archived_at"] is None else row["archived_at"] * 1000,
        cwd=view.cwd,
        cli_version=view.cli_version,
        source=stored_source(view.source),
        history_mode=view.history_mode,  # type: ignore[arg-type]
        thread_source=view.thread_source,
        agent_nickname=view.agent_nickname,
        agent_role=view.agent_role,
        agent_path=row["agent_path"],
        git_info=None if git == GitInfo() else git,
        approval_mode=row["approval_mode"] or None,
        permission_profile=_json(row["sandbox_policy"]),
        first_user_message=row["first_user_message"] or None,
        memory_mode=row["memory_mode"],
        originator=meta.get("originator", ""),
        history=None if items is None else StoredThreadHistory(view.id, items),
    )


def items_of(records: Sequence[Record | RolloutItem]) -> tuple[RolloutItem, ...]:
    """Return the items of a rollout: every known kind, and of each thread's SessionMetas the first."""
    items: list[RolloutItem] = []
    #: The threads whose SessionMeta was seen: it is written again when git facts or the memory mode are set.
    told: set[JSON] = set()
    for record in records:
        if disposition(record.type, record.payload) is Disposition.UNKNOWN:
            continue
        if record.type == "session_meta":
            if record.payload.get("id") in told:
                continue
            told.add(record.payload.get("id"))
        item = RolloutItem(record.type, _without_later(record))
        if item.kind in _LATER:
            continue
        item = _as_before(item)
        # Later releases keep items of every type as completed, and the policy of June 2026 plans alone.
        if item.kind != _COMPLETED or disposition(item.type, item.payload) is not Disposition.DROP:
            items.append(item)
    return tuple(items)


def _without_later(record: Record | RolloutItem) -> JSON:
    """Return a record's payload without what later releases put into a SessionMeta by themselves."""
    if record.type != "session_meta":
        return record.payload
    # No caller gives a version of agents: where one is written, in copies too, Codex chose it.
    payload = {name: value for name, value in record.payload.items() if name != "multi_agent_version"}
    instructions = payload.get("base_instructions")
    if type(instructions) is dict and "provenance" in instructions:
        payload["base_instructions"] = {"text": instructions["text"]}
    return payload


def _as_before(item: RolloutItem) -> RolloutItem:
    """Return an item of a paginated thread as it is in a legacy one: there what was said is an event of its own."""
    said = item.payload.get("item") if item.kind == _COMPLETED else None
    if type(said) is dict and said.get("type") in _SAID:
        text = "".join(part.get("text", "") for part in said.get("content", ()))
        return RolloutItem("event_msg", {"type": _SAID[said["type"]], "message": text})
    return item


#: What later releases write besides, which no thread of June 2026 has.
_COMPLETED = ("event_msg", "item_completed")
_LATER = (("event_msg", "thread_settings_applied"),)
_SAID = {"UserMessage": "user_message", "AgentMessage": "agent_message"}


def stored_source(source: JSON) -> JSON:
    """Return a source as a rollout has it: the app-server spells one of its keys otherwise."""
    if type(source) is dict and "subAgent" in source:
        return {"subagent": source["subAgent"]}
    return source


def _time(seconds: int | None, kept: int | None) -> Any:
    """Return a time that is shown in seconds, with the milliseconds that are kept of it."""
    return kept if seconds is None or (kept is not None and kept // 1000 == seconds) else seconds * 1000


def _json(text: str | None) -> JSON:
    return None if not text else orjson.loads(text)
