"""What a thread is at its creation: its first line, and the thread that this line describes."""

from __future__ import annotations

from importlib.metadata import version

from attrs import evolve

from threadstore.errors import Internal
from threadstore.params import CreateThreadParams
from threadstore.thread import StoredThread
from threadstore.views import SessionMeta, ThreadSpawn

from . import facts
from .encoding import encode_line, rfc3339

#: The version of this program, as threads and certificates record it.
VERSION = version("threadstore")


def first_line(params: CreateThreadParams, now: int) -> bytes:
    """Return the line that states every create fact of a thread (LIFE-1)."""
    return encode_line("session_meta", _session_meta(params, now).payload(), now)


def described(line: bytes, params: CreateThreadParams, path: str, now: int) -> StoredThread:
    """Return the thread that its first line describes: the same, then, as when only the file is left."""
    thread = facts.stored_thread(facts.fold(line, params.thread_id), path, now, archived=False)
    if thread is None:
        raise Internal(f"thread {params.thread_id} has a first line that cannot be read back")
    return evolve(thread, rollout_path=path)


def _session_meta(params: CreateThreadParams, now: int) -> SessionMeta:
    spawn = ThreadSpawn.of(params.source)
    return SessionMeta(
        id=params.thread_id,
        session_id=params.session_id or params.thread_id,
        forked_from_id=params.forked_from_id,
        parent_thread_id=params.parent_thread_id,
        timestamp=rfc3339(now),
        cwd=params.metadata.cwd,
        originator=params.originator,
        cli_version=VERSION,
        source=params.source,
        thread_source=params.thread_source,
        agent_nickname=spawn.agent_nickname if spawn else None,
        agent_role=spawn.agent_role if spawn else None,
        agent_path=spawn.agent_path if spawn else None,
        model_provider=params.metadata.model_provider,
        base_instructions=params.base_instructions,
        dynamic_tools=tuple(params.dynamic_tools),
        selected_capability_roots=tuple(params.selected_capability_roots),
        memory_mode=params.metadata.memory_mode,
        history_mode=params.history_mode,
        multi_agent_version=params.multi_agent_version,
        initial_window_id=params.initial_window_id,
    )
