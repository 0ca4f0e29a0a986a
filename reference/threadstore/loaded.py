"""The thread that a session has in hand after each way of loading one: start, fork, spawn, resume.

A `Session` holds it with its writer. Pure functions make it, from what was asked and what was found. What a caller
does not give (``None`` or empty) is the copied history's; what that does not give either is, for a sub-agent, its
spawner's, while that is loaded.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import attrs
from attrs import define

from .fields import UNSET
from .fork import Inherited, inherited, session_metas, version_of_contexts
from .ids import ThreadId
from .items import RolloutItem
from .jsonvalue import JSON
from .live_thread import EphemeralThread, LiveThread
from .manager_params import ForkParams, ResumeParams, SpawnParams, StartParams
from .params import ThreadPersistenceMetadata, UpdateThreadMetadataParams
from .session import LoadedThread
from .thread import StoredThread
from .views import SessionMeta, ThreadSpawn, spawn_depth_of


@define
class Session:
    """A loaded thread and its writer."""

    thread: LoadedThread
    writer: LiveThread | EphemeralThread
    #: What the thread's own SessionMeta names, whatever this session is attributed to.
    written_originator: str

    def update_metadata(self, params: UpdateThreadMetadataParams) -> StoredThread:
        """Patch the thread through its writer, and go on in the memory mode that the patch sets."""
        stored = self.writer.update_metadata(params.patch, include_archived=params.include_archived)
        if params.patch.memory_mode is not UNSET:
            self.thread = attrs.evolve(self.thread, memory_mode=params.patch.memory_mode)
        return stored

    def show(self) -> LoadedThread:
        """Return the thread as it is now; it is a value, so nothing in it is shared."""
        return owned(self.thread, name=self.writer.name, turns=self.writer.turns.count)


#: The fields of a loaded thread that hold JSON, which its holder could change.
_CHANGEABLE = ("source", "base_instructions", "dynamic_tools", "selected_capability_roots")


def owned(thread: LoadedThread, **changes: Any) -> LoadedThread:
    """Return a thread, changed in this, that shares nothing that can change with the one given."""
    given = {name: value for name in _CHANGEABLE if (value := getattr(thread, name)) not in (None, ())}
    return attrs.evolve(thread, **copy.deepcopy(given), **changes)


def started(thread_id: ThreadId, params: StartParams, originator: str) -> LoadedThread:
    """Return a thread that begins from nothing: the root of its own session."""
    return LoadedThread(
        thread_id=thread_id,
        session_id=thread_id,
        originator=originator,
        forked_from_id=params.forked_from_id,
        parent_thread_id=params.parent_thread_id,
        source=params.source,
        thread_source=params.thread_source,
        history_mode=params.history_mode,
        base_instructions=params.base_instructions,
        dynamic_tools=tuple(params.dynamic_tools),
        selected_capability_roots=tuple(params.selected_capability_roots),
        multi_agent_version=params.multi_agent_version,
        ephemeral=params.ephemeral,
        **_environment(params.metadata),
    )


def forked(thread_id: ThreadId, params: ForkParams, facts: Inherited, originator: str) -> LoadedThread:
    """Return a user's fork: the root of its own session, with the facts of the copied prefix (FORK-1e)."""
    given = Inherited(
        base_instructions=params.base_instructions,
        dynamic_tools=tuple(params.dynamic_tools),
        selected_capability_roots=tuple(params.selected_capability_roots),
        multi_agent_version=params.multi_agent_version,
        history_mode=params.history_mode,
    )
    return LoadedThread(
        thread_id=thread_id,
        session_id=thread_id,
        originator=originator,
        forked_from_id=params.thread_id,
        source=params.source,
        thread_source=params.thread_source,
        ephemeral=params.ephemeral,
        **_environment(params.metadata),
        **_first_given(given, facts),
    )


def spawned(
    thread_id: ThreadId,
    params: SpawnParams,
    spawner: LoadedThread,
    facts: Inherited,
    originator: str,
    *,
    spawner_is_loaded: bool,
) -> LoadedThread:
    """Return a sub-agent: part of its spawner's session, one level deeper (FORK-2)."""
    return LoadedThread(
        thread_id=thread_id,
        session_id=spawner.session_id,
        originator=originator,
        forked_from_id=None if params.mode == "new" else spawner.thread_id,
        parent_thread_id=spawner.thread_id,
        source=_spawn_source(params, spawner.source),
        thread_source="subagent",
        **_environment(params.metadata),
        **(_first_given(facts, spawner) if spawner_is_loaded else _first_given(facts)),
    )


def restored(thread_id: ThreadId, items: Sequence[RolloutItem]) -> LoadedThread:
    """Return what a history alone says of its thread: what it was created with, and handed on (RESUME-1)."""
    own = next(session_metas(items), SessionMeta(thread_id))
    facts = inherited(items)
    version = own.multi_agent_version or version_of_contexts(items)
    return with_spawn_facts(
        LoadedThread(
            thread_id=thread_id,
            session_id=own.session_id or thread_id,
            originator=own.originator,
            forked_from_id=own.forked_from_id,
            parent_thread_id=own.parent_thread_id,
            source=own.source,
            thread_source=own.thread_source,
            agent_nickname=own.agent_nickname,
            agent_role=own.agent_role,
            agent_path=own.agent_path,
            **_first_given(attrs.evolve(facts, multi_agent_version=version)),
        )
    )


def resumed(params: ResumeParams, written: LoadedThread, originator: str) -> LoadedThread:
    """Return a stored thread in a new session: what was written, in the caller's environment (RESUME-2)."""
    return attrs.evolve(written, originator=originator, **_environment(params.metadata))


def with_spawn_facts(thread: LoadedThread) -> LoadedThread:
    """Fill in what the source says of a sub-agent's parent and of the agent itself."""
    spawn = ThreadSpawn.of(thread.source)
    if spawn is None:
        return thread
    return attrs.evolve(
        thread,
        parent_thread_id=thread.parent_thread_id or spawn.parent_thread_id,
        agent_nickname=_or(thread.agent_nickname, spawn.agent_nickname),
        agent_role=_or(thread.agent_role, spawn.agent_role),
        agent_path=_or(thread.agent_path, spawn.agent_path),
    )


def _spawn_source(params: SpawnParams, spawner_source: JSON) -> JSON:
    spawn = {
        "parent_thread_id": params.thread_id,
        "depth": spawn_depth_of(spawner_source) + 1,
        "agent_nickname": params.agent_nickname,
        "agent_role": params.agent_role,
        "agent_path": params.agent_path,
    }
    return {"subagent": {"thread_spawn": spawn}}


def _environment(metadata: ThreadPersistenceMetadata) -> dict[str, Any]:
    return attrs.asdict(metadata)


#: The facts that are given, else copied, else the spawner's.
_HANDED_ON = ("base_instructions", "dynamic_tools", "selected_capability_roots", "multi_agent_version", "history_mode")


def _first_given(*givers: Inherited | LoadedThread) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name in _HANDED_ON:
        # Null, empty and absent are the same fact (LIFE-1).
        given = [offer for giver in givers if (offer := getattr(giver, name))]
        if given:
            facts[name] = given[0]
    return facts


def _or(first: str | None, second: str | None) -> str | None:
    return second if first is None else first
