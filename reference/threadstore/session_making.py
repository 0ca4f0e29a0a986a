"""Making threads, in the session model: start, fork, spawn, and what the new thread inherits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from . import manager_params as m
from . import params as p
from .ids import ThreadId
from .items import RolloutItem
from .outcomes import Err, Ok, left_open
from .session import LoadedThread
from .session_history import (
    active_turn,
    cut_after,
    cut_whole,
    ends_in_turn,
    last_turns,
    shown_to_subagent,
    user_messages,
)  # fmt: skip
from .session_origin import effective_originator, inherited
from .session_state import Seen, Session, SessionState, SessionStep, beneath, in_session, is_ephemeral, shown
from .session_stated import first_given, own_meta, session_metas, spawn_facts, version
from .session_writing import append, patched, persist
from .state import invalid, missing, stored, visible_thread

#: Stands for the id of a thread that was not made.
NOT_MADE = "00000000-0000-7000-8000-000000000000"


def start(state: SessionState, params: m.StartParams, seen: Seen) -> SessionStep:
    """Start a thread without items."""
    agent = spawn_facts(params.source)
    parent = agent.pop("parent_thread_id", None)
    thread = LoadedThread(
        thread_id=seen.made or NOT_MADE,
        session_id=seen.made or NOT_MADE,
        originator=effective_originator(
            state, service=params.service_name, parent=parent or params.parent_thread_id or params.forked_from_id
        ),
        forked_from_id=params.forked_from_id,
        parent_thread_id=params.parent_thread_id or parent,
        source=params.source,
        thread_source=params.thread_source,
        **agent,
        history_mode=params.history_mode,
        base_instructions=params.base_instructions,
        dynamic_tools=tuple(params.dynamic_tools),
        selected_capability_roots=tuple(params.selected_capability_roots),
        multi_agent_version=params.multi_agent_version,
        cwd=params.metadata.cwd,
        model_provider=params.metadata.model_provider,
        memory_mode=params.metadata.memory_mode,
        ephemeral=params.ephemeral,
    )
    return _made(state, thread, params.parent_thread_id, (), seen, visible=False)


def fork(state: SessionState, params: m.ForkParams, seen: Seen) -> SessionStep:
    """Start a thread with a copy of another, or of a prefix of it (FORK-1)."""
    source = _source(state, params.thread_id)
    if isinstance(source, Err):
        if not (seen.made and params.thread_id in state.loaded and not is_ephemeral(state, params.thread_id)):
            return state, source
        source = ()  # what was never materialised may give an empty fork (FORK-1)
    if params.cut == "after_turn":
        end = cut_after(source, params.turn_id) if params.turn_id is not None else None
        if end is None:
            return state, invalid("turn_id", "FORK-1b")
        items = source[:end]
    elif params.cut == "before_user_message":
        places = user_messages(source)
        items = source[: places[params.nth] if params.nth < len(places) else cut_whole(source)]
    else:
        items = source
    if params.cut == "interrupted" and ends_in_turn(source):
        items = (*items, *_interruption(source, seen.added))
    metas = session_metas(items)
    thread = LoadedThread(
        thread_id=seen.made or NOT_MADE,
        session_id=seen.made or NOT_MADE,
        originator=effective_originator(
            state, service=params.service_name, persisted=inherited(items), parent=params.thread_id
        ),
        forked_from_id=params.thread_id,
        source=params.source,
        thread_source=params.thread_source,
        history_mode=params.history_mode or first_given(metas[:1], "history_mode") or "legacy",
        base_instructions=params.base_instructions or first_given(metas, "base_instructions"),
        dynamic_tools=tuple(params.dynamic_tools or first_given(metas, "dynamic_tools") or ()),
        selected_capability_roots=tuple(
            params.selected_capability_roots or first_given(metas[:1], "selected_capability_roots") or ()
        ),
        multi_agent_version=params.multi_agent_version or version(items),
        cwd=params.metadata.cwd,
        model_provider=params.metadata.model_provider,
        memory_mode=params.metadata.memory_mode,
        ephemeral=params.ephemeral,
    )
    state_after, outcome = _made(state, thread, None, items, seen, visible=True)
    if isinstance(outcome, Ok) and state.variants.fork_copies_name and params.thread_id in state.store.threads:
        name = state.store.threads[params.thread_id].record.name
        if name is not None and params.ephemeral:
            session = state_after.loaded[thread.thread_id]
            state_after = in_session(state_after, evolve(session, loaded=evolve(session.loaded, name=name)))
        elif name is not None:
            state_after = patched(state_after, thread.thread_id, {"name": name})
        if name is not None:
            outcome = Ok(shown(state_after, state_after.loaded[thread.thread_id]))
    return state_after, outcome


def spawn(state: SessionState, params: m.SpawnParams, seen: Seen) -> SessionStep:
    """Start a sub-agent (FORK-2)."""
    parent = state.loaded.get(params.thread_id)
    copies = params.mode == "full_history" or (params.mode == "last_turns" and params.last > 0)
    source = _source(state, params.thread_id)
    if isinstance(source, Err):
        if copies or parent is None:
            return state, source
        source = ()
    items: Sequence[RolloutItem] = ()
    if params.mode != "new":
        items = shown_to_subagent(source) if params.mode == "full_history" else last_turns(source, params.last)
    metas = session_metas(items)
    own = parent.loaded if parent else None
    depth = _depth(own.source if own else own_meta(source).get("source"))
    agent = {
        "parent_thread_id": params.thread_id,
        "depth": depth + 1,
        "agent_nickname": params.agent_nickname,
        "agent_role": params.agent_role,
        "agent_path": params.agent_path,
    }
    thread = LoadedThread(
        thread_id=seen.made or NOT_MADE,
        session_id=own.session_id if own else own_meta(source).get("session_id") or params.thread_id,
        originator=effective_originator(
            state, service=params.service_name, persisted=inherited(items), parent=params.thread_id
        ),
        forked_from_id=None if params.mode == "new" else params.thread_id,
        parent_thread_id=params.thread_id,
        source={"subagent": {"thread_spawn": agent}},
        thread_source="subagent",
        agent_nickname=params.agent_nickname,
        agent_role=params.agent_role,
        agent_path=params.agent_path,
        history_mode=first_given(metas[:1], "history_mode") or (own.history_mode if own else "legacy"),
        base_instructions=first_given(metas, "base_instructions") or (own.base_instructions if own else None),
        dynamic_tools=tuple(first_given(metas, "dynamic_tools") or (own.dynamic_tools if own else ())),
        selected_capability_roots=tuple(
            first_given(metas[:1], "selected_capability_roots") or (own.selected_capability_roots if own else ())
        ),
        multi_agent_version=version(items) or (own.multi_agent_version if own else None),
        cwd=params.metadata.cwd,
        model_provider=params.metadata.model_provider,
        memory_mode=params.metadata.memory_mode,
    )
    return _made(state, thread, params.thread_id, items, seen, visible=True)


def _made(
    state: SessionState,
    thread: LoadedThread,
    parent: ThreadId | None,
    items: Sequence[RolloutItem],
    seen: Seen,
    *,
    visible: bool,
) -> SessionStep:
    """Create a thread, load it, and give it its copy of items."""
    session = Session(thread, unsent=True, decided=frozenset({"cwd"} if thread.cwd else ()))
    if thread.ephemeral:
        state = in_session(state, evolve(session, items=tuple(items)))
        return state, Ok(shown(state, state.loaded[thread.thread_id]))
    create = p.CreateThreadParams(
        thread_id=thread.thread_id,
        session_id=thread.session_id,
        forked_from_id=thread.forked_from_id,
        parent_thread_id=parent,
        source=thread.source,
        thread_source=thread.thread_source,
        originator=thread.originator,
        base_instructions=thread.base_instructions,
        dynamic_tools=thread.dynamic_tools,
        selected_capability_roots=thread.selected_capability_roots,
        multi_agent_version=thread.multi_agent_version,
        history_mode=thread.history_mode,
        metadata=p.ThreadPersistenceMetadata(
            cwd=thread.cwd, model_provider=thread.model_provider, memory_mode=thread.memory_mode
        ),
    )
    after, outcome = beneath(state, create)
    if not isinstance(outcome, Ok):
        return state, outcome
    after = in_session(_with_own_values(after, thread.thread_id), session)
    if items:
        after, _ = append(after, p.AppendThreadItemsParams(thread_id=thread.thread_id, items=items), seen)
    if visible:
        after, _ = persist(after, p.PersistThreadParams(thread_id=thread.thread_id), seen)
    return after, Ok(shown(after, after.loaded[thread.thread_id]))


def _with_own_values(state: SessionState, thread_id: ThreadId) -> SessionState:
    # The id of a thread's first window is the manager's own to make; so is the time of writing, where the clock is.
    thread = state.store.threads[thread_id]
    if not state.variants.timed:
        own: dict[str, Any] = {name: left_open(thread_id, f"{name}:made") for name in ("updated_at", "recency_at")}
        thread = evolve(thread, record=evolve(thread.record, **own))
    meta: Any = next(iter(thread.history)).payload
    facts = evolve(meta.facts, initial_window_id=left_open(thread_id, "initial_window_id"))
    first = RolloutItem("session_meta", left_open(thread_id, "session_meta", facts))
    return evolve(state, store=stored(state.store, evolve(thread, history=thread.history.replace_first(first))))


def _source(state: SessionState, thread_id: ThreadId) -> tuple[RolloutItem, ...] | Err:
    """Return the items that can be copied from a thread."""
    if is_ephemeral(state, thread_id):
        return invalid(thread_id, "ROUTE-1b")
    thread = visible_thread(state.store, thread_id)
    return missing(thread_id, "FORK-1") if thread is None else tuple(thread.history)


def _interruption(source: Sequence[RolloutItem], added: Sequence[RolloutItem]) -> list[RolloutItem]:
    """Return what a fork of an interrupted turn adds: the turn's end, and perhaps one marker for the model."""
    due = {"type": "turn_aborted", "reason": "interrupted", "turn_id": active_turn(source)}
    ends = [
        item for item in added if item.type == "event_msg" and due.items() <= {"turn_id": None, **item.payload}.items()
    ]
    markers = [item for item in added if item.type == "response_item" and item.payload.get("type") == "message"]
    if len(ends) == 1 and len(markers) <= 1 and len(added) == 1 + len(markers):
        return list(added)
    return [RolloutItem("event_msg", {name: value for name, value in due.items() if value is not None})]


def _depth(source: Any) -> int:
    for key in ("subagent", "thread_spawn", "depth"):
        source = source.get(key) if isinstance(source, dict) else None
    return source if type(source) is int else 0
