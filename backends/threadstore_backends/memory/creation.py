"""What a thread starts as: its fields, and the SessionMeta that opens its history."""

from __future__ import annotations

from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import attrs

from threadstore.items import RolloutItem
from threadstore.jsonvalue import JSON
from threadstore.params import CreateThreadParams
from threadstore.thread import StoredThread, Timestamp
from threadstore.views import ThreadSpawn

from .threads import MemoryThread, copied


def _version() -> str:
    try:
        return version("threadstore")
    except PackageNotFoundError:
        return "unknown"


#: The version of the distribution, which threads carry as their ``cli_version``.
VERSION = _version()


def new_thread(params: CreateThreadParams, *, now: Timestamp) -> MemoryThread:
    """Return a live, hidden thread that holds its SessionMeta alone."""
    spawn = ThreadSpawn.of(params.source)
    thread = MemoryThread(params.thread_id, _fields(params, spawn, now))
    thread.append([RolloutItem("session_meta", _session_meta(params, spawn, now))])
    return thread


_UNPATCHED = {a.name: a.default for a in attrs.fields(StoredThread) if a.default is not attrs.NOTHING}


def _fields(params: CreateThreadParams, spawn: ThreadSpawn | None, now: Timestamp) -> dict[str, Any]:
    return {
        **_UNPATCHED,
        "thread_id": params.thread_id,
        "forked_from_id": params.forked_from_id,
        "parent_thread_id": params.parent_thread_id or (spawn.parent_thread_id if spawn else None),
        "model_provider": params.metadata.model_provider,
        "created_at": now,
        "updated_at": now,
        "recency_at": now,
        "cwd": params.metadata.cwd,
        "cli_version": VERSION,
        "source": copied(params.source),
        "history_mode": params.history_mode,
        "thread_source": params.thread_source,
        "agent_nickname": spawn.agent_nickname if spawn else None,
        "agent_role": spawn.agent_role if spawn else None,
        "agent_path": spawn.agent_path if spawn else None,
        "memory_mode": params.metadata.memory_mode,
        "originator": params.originator,
    }


def _session_meta(params: CreateThreadParams, spawn: ThreadSpawn | None, now: Timestamp) -> dict[str, JSON]:
    written = datetime(1970, 1, 1) + timedelta(milliseconds=now)
    window, memory_mode = params.initial_window_id, params.metadata.memory_mode
    facts = {
        "id": params.thread_id,
        "session_id": params.session_id or params.thread_id,
        "forked_from_id": params.forked_from_id,
        "parent_thread_id": params.parent_thread_id,
        "timestamp": written.isoformat(timespec="milliseconds") + "Z",
        "cwd": params.metadata.cwd,
        "originator": params.originator,
        "cli_version": VERSION,
        "source": params.source,
        "thread_source": params.thread_source,
        "agent_nickname": spawn.agent_nickname if spawn else None,
        "agent_role": spawn.agent_role if spawn else None,
        "agent_path": spawn.agent_path if spawn else None,
        "model_provider": params.metadata.model_provider,
        "base_instructions": params.base_instructions,
        "dynamic_tools": list(params.dynamic_tools) or None,
        "selected_capability_roots": list(params.selected_capability_roots) or None,
        "memory_mode": None if memory_mode == "enabled" else memory_mode,
        "history_mode": params.history_mode,
        "multi_agent_version": params.multi_agent_version,
        "context_window": None if window is None else {"window_id": window},
    }
    return {name: value for name, value in facts.items() if value is not None}
