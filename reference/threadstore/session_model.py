"""The specification of the session layer, executable: what a ThreadManager answers, as a pure function.

`session_step` takes a state, an operation and what was seen around it, and returns the state after it and the outcome
that conforms. Below it stands the store's own model (`threadstore.model`): a session does nothing to a thread but
through the nineteen operations. None of the session layer's code runs here: the originator's tables, what forks and
resumes inherit, and the facts of a history are said again, in other words.

The rules, before the code:

1.  A thread is **loaded** from its start, resume, fork or spawn until it is shut down, discarded, archived or
    deleted, or the process ends. Loaded threads and no others are live in the store. An ephemeral one is loaded only.
2.  The **originator** is resolved at each loading from the sources that the operation has, and written down at
    creation alone (ORIG-1, ORIG-2).
3.  History first: items are appended, and then what they say is applied as a patch. The model does both at once;
    a real layer has until the next **barrier** (SYNC-1).
4.  A fork or a spawn is a new thread with a copy of items. What it inherits it finds in that copy (FORK-1e), and a
    sub-agent what is not there in its live parent.
5.  Whatever the store refuses the session layer refuses, and nothing has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import evolve

from . import manager_params as m
from . import params as p
from .errors import ErrorKind, InvalidRequest
from .fields import check_fields
from .ids import ThreadId
from .outcomes import Err, Ok, left_open
from .session import LoadedThread, LoadedThreads, OutboundRequest, ProcessSettings
from .session_facts import FIRST_WINS, MADE_GOOD, facts_of
from .session_making import fork, spawn, start
from .session_origin import effective_originator, inherited
from .session_state import (
    Seen,
    Session,
    SessionState,
    SessionStep,
    beneath,
    dropped,
    in_session,
    is_ephemeral,
    shown,
    unloaded,
)
from .session_stated import first_given, own_meta, session_metas, spawn_facts, version_of_turns
from .session_writing import append, flush, persist, update
from .state import invalid, malformed, missing, visible_thread


def session_step(state: SessionState, operation: Any, seen: Seen) -> SessionStep:
    """Return the state after an operation, and what a conforming manager answers."""
    rule = _RULES.get(type(operation))
    if rule is None:
        return beneath(state, operation)
    if isinstance(operation, _WRITERS) and not state.variants.writers:
        return state, Err((ErrorKind.UNSUPPORTED,), "", "ROUTE-2")
    try:
        check_fields(operation)
    except InvalidRequest as error:
        return state, malformed(error.field or "")
    return rule(state, operation, seen)


#: What a session layer may not offer by itself.
_WRITERS = (p.PersistThreadParams, p.FlushThreadParams, p.DiscardThreadParams)


def restarted(state: SessionState, settings: ProcessSettings) -> SessionState:
    """Return the state of a new process on the same store: nothing is loaded, and no writer is open."""
    for thread_id in state.loaded:
        state = dropped(state, thread_id)
    return evolve(state, settings=settings)


def _resume(state: SessionState, params: m.ResumeParams, seen: Seen) -> SessionStep:
    session = state.loaded.get(params.thread_id)
    if session:
        visible = visible_thread(state.store, params.thread_id)
        path = visible.record.rollout_path if visible else None
        if params.rollout_path is not None and path is not None and params.rollout_path != path:
            return state, invalid("rollout_path", "RESUME-3")
        return state, Ok(shown(state, session))
    resume = p.ResumeThreadParams(
        thread_id=params.thread_id,
        rollout_path=params.rollout_path,
        include_archived=params.include_archived,
        metadata=params.metadata,
    )
    after, outcome = beneath(state, resume)
    if not isinstance(outcome, Ok):
        return state, outcome
    stored_thread = after.store.threads[params.thread_id]
    record, items = stored_thread.record, tuple(stored_thread.history)
    own, metas = own_meta(items), session_metas(items)
    agent = spawn_facts(own.get("source"))
    agent |= {name: own[name] for name in ("agent_nickname", "agent_role", "agent_path") if name in own}
    parent = agent.pop("parent_thread_id", None)
    thread = LoadedThread(
        thread_id=params.thread_id,
        session_id=own.get("session_id") or params.thread_id,
        originator=effective_originator(state, persisted=inherited(items), resuming=True),
        forked_from_id=own.get("forked_from_id"),
        parent_thread_id=own.get("parent_thread_id") or parent,
        source=own.get("source", "vscode"),
        thread_source=own.get("thread_source"),
        **agent,
        history_mode=own.get("history_mode") or "legacy",
        base_instructions=first_given(metas, "base_instructions"),
        dynamic_tools=tuple(first_given(metas, "dynamic_tools") or ()),
        selected_capability_roots=tuple(own.get("selected_capability_roots") or ()),
        multi_agent_version=own.get("multi_agent_version") or version_of_turns(items),
        cwd=params.metadata.cwd,
        model_provider=params.metadata.model_provider,
        memory_mode=params.metadata.memory_mode,
    )
    told = facts_of(items)
    lacking = {name: told[name] for name in MADE_GOOD if name in told and not getattr(record, name)}
    decided = frozenset(name for name in FIRST_WINS if name in told or getattr(record, name))
    after = in_session(after, Session(thread, lacking=lacking, decided=decided))
    return after, Ok(shown(after, after.loaded[params.thread_id]))


def _shutdown(state: SessionState, params: p.ShutdownThreadParams, seen: Seen) -> SessionStep:
    if params.thread_id not in state.loaded:
        return state, missing(params.thread_id, "ROUTE-2")
    state, _ = beneath(state, params)
    return unloaded(state, params.thread_id), Ok()


def _discard(state: SessionState, params: p.DiscardThreadParams, seen: Seen) -> SessionStep:
    if params.thread_id in state.loaded:
        return dropped(state, params.thread_id), Ok()
    state, _ = beneath(state, params)
    return state, Ok()


def _list_loaded(state: SessionState, params: m.ListLoadedParams, seen: Seen) -> SessionStep:
    return state, Ok(LoadedThreads(tuple(sorted(state.loaded))))


def _outbound(state: SessionState, params: m.OutboundParams, seen: Seen) -> SessionStep:
    session = state.loaded.get(params.thread_id)
    if session is None:
        return state, missing(params.thread_id, "ROUTE-2")
    originator = session.loaded.originator
    if params.consumer in ("store_creation", "rollout_metadata") and not session.loaded.ephemeral:
        originator = state.store.threads[params.thread_id].record.originator
    request = OutboundRequest(
        consumer=params.consumer,
        thread_id=params.thread_id,
        originator=originator,
        headers=left_open(params.thread_id, "headers"),
        body=left_open(params.thread_id, "body"),
    )
    return state, Ok(request)


def _archive(state: SessionState, params: p.ArchiveThreadParams, seen: Seen) -> SessionStep:
    thread = visible_thread(state.store, params.thread_id)
    if thread is None or thread.archived:
        return beneath(state, params)
    for each in (params.thread_id, *_taken_along(state, params.thread_id)):
        if not state.store.threads[each].archived:
            if each in state.loaded:
                state, _ = _shutdown(state, p.ShutdownThreadParams(thread_id=each), seen)
            state, _ = beneath(state, p.ArchiveThreadParams(thread_id=each))
    return state, Ok()


def _delete(state: SessionState, params: p.DeleteThreadParams, seen: Seen) -> SessionStep:
    along = _taken_along(state, params.thread_id)
    state, outcome = beneath(state, params)
    for each in (params.thread_id, *along) if isinstance(outcome, Ok) else (params.thread_id,):
        if each != params.thread_id:
            state, _ = beneath(state, p.DeleteThreadParams(thread_id=each))
        if each in state.loaded and not is_ephemeral(state, each):
            state = unloaded(state, each)
    return state, outcome


def _is_known_of(state: SessionState, thread_id: ThreadId) -> bool:
    """Tell whether a thread is loaded, or a listing shows it."""
    thread = state.store.threads[thread_id]
    listed = thread.visible and bool(thread.record.preview or not state.store.variants.hides_unpreviewed)
    return listed or thread_id in state.loaded


def _taken_along(state: SessionState, thread_id: ThreadId) -> list[ThreadId]:
    if not state.variants.cascades:
        return []
    found = [thread_id]
    for ancestor in found:
        found += [
            key
            for key, thread in state.store.threads.items()
            if thread.record.parent_thread_id == ancestor and key not in found and _is_known_of(state, key)
        ]
    return found[1:]


_RULES: dict[type, Callable[[SessionState, Any, Seen], SessionStep]] = {
    m.StartParams: start,
    m.ForkParams: fork,
    m.SpawnParams: spawn,
    m.ResumeParams: _resume,
    m.ListLoadedParams: _list_loaded,
    m.OutboundParams: _outbound,
    p.AppendThreadItemsParams: append,
    p.PersistThreadParams: persist,
    p.FlushThreadParams: flush,
    p.ShutdownThreadParams: _shutdown,
    p.DiscardThreadParams: _discard,
    p.UpdateThreadMetadataParams: update,
    p.ArchiveThreadParams: _archive,
    p.DeleteThreadParams: _delete,
}
