"""What leaves the process on behalf of a thread, for each of the six consumers of its originator (ORIG-3).

Everything is built from the `LoadedThread`, never from the process, so that two threads of one process are told apart.
Only the ``User-Agent`` is the process's own: it names the program, not the thread.
"""

from __future__ import annotations

import attrs

from .codec import to_json
from .jsonvalue import JSON
from .params import CreateThreadParams, ThreadPersistenceMetadata
from .session import Consumer, LoadedThread, OutboundRequest, ProcessSettings
from .views import SessionMeta, ThreadSpawn

#: What is written at creation alone: afterwards it is what was written then (ORIG-2).
WRITTEN_ONCE: frozenset[Consumer] = frozenset({"store_creation", "rollout_metadata"})


def outbound_request(
    thread: LoadedThread, consumer: Consumer, settings: ProcessSettings, *, written_originator: str
) -> OutboundRequest:
    """Build what a consumer is sent, and read back whom it attributes the thread to."""
    if consumer in WRITTEN_ONCE:
        thread = attrs.evolve(thread, originator=written_originator)
    headers, body = _request(thread, consumer, settings)
    told = headers or body
    return OutboundRequest(
        consumer=consumer, thread_id=thread.thread_id, originator=told["originator"], headers=headers, body=body
    )


def _request(thread: LoadedThread, consumer: Consumer, settings: ProcessSettings) -> tuple[dict[str, str], JSON]:
    match consumer:
        case "responses":
            return responses_headers(thread, settings), None
        case "websocket":
            return responses_headers(thread, settings), {"type": "response.create", "session_id": thread.session_id}
        case "compaction":
            return responses_headers(thread, settings), {"instructions": thread.base_instructions}
        case "store_creation":
            return {}, to_json(create_params(thread))
        case "rollout_metadata":
            return {}, rollout_metadata(thread, settings)
        case "memory_telemetry":
            return {}, memory_telemetry(thread)


def responses_headers(thread: LoadedThread, settings: ProcessSettings) -> dict[str, str]:
    """Return the headers of a request to the model, by whichever way it goes."""
    return {
        "originator": thread.originator,
        "session_id": thread.session_id,
        "thread_id": thread.thread_id,
        "User-Agent": f"{settings.default_originator}/{settings.cli_version or 'unknown'}",
    }


def create_params(thread: LoadedThread) -> CreateThreadParams:
    """Return what the store is told when the thread is created."""
    return CreateThreadParams(
        thread_id=thread.thread_id,
        session_id=thread.session_id,
        forked_from_id=thread.forked_from_id,
        parent_thread_id=thread.parent_thread_id,
        source=thread.source,
        thread_source=thread.thread_source,
        originator=thread.originator,
        base_instructions=thread.base_instructions,
        dynamic_tools=thread.dynamic_tools,
        selected_capability_roots=thread.selected_capability_roots,
        multi_agent_version=thread.multi_agent_version,
        history_mode=thread.history_mode,
        metadata=ThreadPersistenceMetadata(
            cwd=thread.cwd, model_provider=thread.model_provider, memory_mode=thread.memory_mode
        ),
    )


def rollout_metadata(thread: LoadedThread, settings: ProcessSettings) -> dict[str, JSON]:
    """Return the payload of the SessionMeta that opens the thread's rollout."""
    spawn = ThreadSpawn.of(thread.source)
    return SessionMeta(
        id=thread.thread_id,
        session_id=thread.session_id,
        forked_from_id=thread.forked_from_id,
        parent_thread_id=thread.parent_thread_id,
        cwd=thread.cwd,
        originator=thread.originator,
        cli_version=settings.cli_version or None,
        source=thread.source,
        thread_source=thread.thread_source,
        agent_nickname=spawn.agent_nickname if spawn else None,
        agent_role=spawn.agent_role if spawn else None,
        agent_path=spawn.agent_path if spawn else None,
        model_provider=thread.model_provider,
        base_instructions=thread.base_instructions,
        dynamic_tools=thread.dynamic_tools,
        selected_capability_roots=thread.selected_capability_roots,
        memory_mode=thread.memory_mode,
        history_mode=thread.history_mode,
        multi_agent_version=thread.multi_agent_version,
    ).payload()


def memory_telemetry(thread: LoadedThread) -> dict[str, JSON]:
    """Return what stage one of the memory pipeline reports of the thread."""
    return {
        "event": "memory_stage_one",
        "thread_id": thread.thread_id,
        "session_id": thread.session_id,
        "originator": thread.originator,
        "memory_mode": thread.memory_mode,
    }
