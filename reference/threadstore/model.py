"""The specification, executable: what a ThreadStore answers, as a pure function.

`step` takes a state and an operation and returns the state after it and the outcome that conforms. There is no
clock here, no I/O, no made-up id, and no knowledge of any backend. Read it beside the clauses (``threadstore spec``):
each refusal carries the id of the clause that demands it.

The rules, before the code:

1.  A thread is **stored** from its creation to its deletion, **live** while it has a writer, **visible** once it
    counts as existing, and **archived** while it has an ``archived_at``. An eager store makes a thread visible at
    creation; a lazy one at its first kept item, `persist` or non-empty patch (LIFE-3).
2.  To everything but its own writer, delete and a second create, a hidden thread is missing. Closed while hidden, it
    is gone.
3.  A **refused** operation changes nothing. Where several refusals apply, any of them conforms.
4.  History and metadata never touch: an append changes no field, a patch no item (APPEND-3, PATCH-5).
5.  What the spec leaves to the store is `Open`: free when first seen, and then bound with `bind`.
6.  A page is judged against the walk it belongs to: threads untouched since the walk began come exactly in order
    (LIST-3), so every change to what a listing shows is counted in `State.changes`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from attrs import asdict, evolve

from . import model_listing
from . import params as p
from .errors import ErrorKind, InvalidRequest
from .fields import UNSET, check_fields
from .history import History
from .ids import ThreadId
from .items import RolloutItem
from .jsonvalue import JSON
from .outcomes import Either, Err, Ok, Open, Outcome, Position, left_open
from .patch import ThreadMetadataPatch, apply, is_empty
from .policy import canonical_items
from .state import (
    State,
    Step,
    Thread,
    busy,
    closed,
    invalid,
    live_thread,
    malformed,
    missing,
    refusal,
    removed,
    said,
    shown,
    stored,
    unsupported,
    visible_thread,
)  # fmt: skip
from .thread import StoredThread, StoredThreadHistory
from .views import SessionMeta, ThreadSpawn


def step(state: State, operation: p.Operation) -> Step:
    """Return the state after an operation, and what a conforming store answers."""
    undeclared = _undeclared(state, operation)
    try:
        check_fields(_without_position(operation))
    except InvalidRequest as error:
        wrong = malformed(error.field or "")
        return state, Either((wrong, undeclared)) if undeclared else wrong
    return (state, undeclared) if undeclared else _RULES[type(operation)](state, operation)


def _undeclared(state: State, operation: p.Operation) -> Err | None:
    # What a store does not offer it may refuse unread: Unsupported conforms whatever the fields hold (rule 3).
    variants = state.variants
    if isinstance(operation, p.SearchThreadsParams) and not variants.search:
        return unsupported("thread/search")
    if isinstance(operation, p.ReadThreadByRolloutPathParams) and not variants.paths:
        return unsupported("read_thread_by_rollout_path")
    if isinstance(operation, p.ListThreadsParams) and operation.relation_filter and not variants.relations:
        return unsupported("relation_filter")
    if isinstance(operation, p.ListTurnsParams):
        return unsupported("list_turns")
    return unsupported("list_items") if isinstance(operation, p.ListItemsParams) else None


def _without_position(operation: Any) -> Any:
    # A cursor comes to the model as the position that it stands for; a store sees its own text.
    is_position = isinstance(getattr(operation, "cursor", None), Position)
    return evolve(operation, cursor=None) if is_position else operation


def bind(state: State, name: Open, observed: Any) -> State:
    """Return the state in which an open value has been seen, and is ordinary from now on."""
    thread = state.threads[name.thread_id]
    if name.name == "session_meta":
        return stored(state, evolve(thread, history=thread.history.replace_first(observed)))
    bound = {
        attribute: value.bound(observed)
        for attribute, value in asdict(thread.record, recurse=False).items()
        if isinstance(value, Open) and value.name == name.name
    }
    return stored(state, evolve(thread, record=evolve(thread.record, **bound)))


# --- Life cycle -------------------------------------------------------------------------------------------------


def _create(state: State, params: p.CreateThreadParams) -> Step:
    variants = state.variants
    refused = refusal(
        (params.thread_id in state.threads, busy(params.thread_id, "LIFE-2")),
        (params.metadata.cwd is None and variants.requires_cwd, invalid("cwd", "LIFE-4b")),
        (params.history_mode == "paginated" and not variants.paginated, unsupported("paginated_threads")),
    )
    if refused:
        return state, refused
    facts, spawn = _facts(params), ThreadSpawn.of(params.source)
    created = left_open(params.thread_id, "created")
    record = StoredThread(
        thread_id=params.thread_id,
        rollout_path=left_open(params.thread_id, "rollout_path") if variants.paths else None,
        forked_from_id=facts.forked_from_id,
        parent_thread_id=facts.parent_thread_id or (spawn.parent_thread_id if spawn else None),
        model_provider=params.metadata.model_provider,
        created_at=created,
        updated_at=created,
        recency_at=created,
        cwd=facts.cwd,
        cli_version=left_open(params.thread_id, "cli_version"),
        source=facts.source,
        history_mode=params.history_mode,
        thread_source=facts.thread_source,
        agent_nickname=facts.agent_nickname,
        agent_role=facts.agent_role,
        agent_path=facts.agent_path,
        approval_mode=left_open(params.thread_id, "approval_mode"),
        permission_profile=left_open(params.thread_id, "permission_profile"),
        memory_mode=params.metadata.memory_mode,
        originator=params.originator,
    )
    first = RolloutItem("session_meta", left_open(params.thread_id, "session_meta", facts))
    visible = not variants.lazy
    thread = Thread(record, History((first,)), params.history_mode, live=True, visible=visible)
    return stored(state, thread, changed=True), Ok()


def _facts(params: p.CreateThreadParams) -> SessionMeta:
    """Return what a thread's own SessionMeta states of its creation (LIFE-1)."""
    spawn = ThreadSpawn.of(params.source)
    return SessionMeta(
        id=params.thread_id,
        session_id=params.session_id or params.thread_id,
        forked_from_id=params.forked_from_id,
        parent_thread_id=params.parent_thread_id,
        cwd=params.metadata.cwd,
        originator=params.originator,
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


def _resume(state: State, params: p.ResumeThreadParams) -> Step:
    thread = visible_thread(state, params.thread_id)
    if thread is None:
        is_live = live_thread(state, params.thread_id) is not None
        absent = (True, missing(params.thread_id, "LIFE-4"))
        return state, refusal(absent, (is_live, busy(params.thread_id, "LIFE-4"))) or absent[1]
    variants = state.variants
    own_path = params.rollout_path in (None, thread.record.rollout_path) or not variants.paths
    refused = refusal(
        (thread.live, busy(params.thread_id, "LIFE-4")),
        (thread.archived and not params.include_archived, invalid(params.thread_id, "LIFE-4")),
        (not own_path, invalid("rollout_path", "LIFE-4")),
        (params.metadata.cwd is None and variants.requires_cwd, invalid("cwd", "LIFE-4b")),
        (_is_paginated(state, thread), unsupported("paginated_threads")),
    )
    if refused:
        return state, refused
    return stored(state, evolve(thread, live=True)), Ok()


def _persist(state: State, params: p.PersistThreadParams) -> Step:
    thread = live_thread(state, params.thread_id)
    if thread is None:
        return state, missing(params.thread_id, "LIFE-6")
    return shown(state, thread), Ok()


def _flush(state: State, params: p.FlushThreadParams) -> Step:
    if live_thread(state, params.thread_id) is None:
        return state, missing(params.thread_id, "LIFE-6")
    return state, Ok()


def _shutdown(state: State, params: p.ShutdownThreadParams) -> Step:
    thread = live_thread(state, params.thread_id)
    if thread is None:
        return state, missing(params.thread_id, "LIFE-6")
    return closed(state, thread), Ok()


def _discard(state: State, params: p.DiscardThreadParams) -> Step:
    thread = live_thread(state, params.thread_id)
    return (state if thread is None else closed(state, thread)), Ok()


def _default_history_mode(state: State, params: p.DefaultHistoryModeParams) -> Step:
    if state.variants.paginated:
        return state, Either((Ok("legacy"), Ok("paginated")))
    return state, Ok("legacy")


# --- History ----------------------------------------------------------------------------------------------------


def _append(state: State, params: p.AppendThreadItemsParams) -> Step:
    thread = live_thread(state, params.thread_id)
    kept = canonical_items(params.items)
    not_live = missing(params.thread_id, "LIFE-6")
    if not kept:
        return state, (Ok() if thread else Either((Ok(), not_live)))
    own_meta = any(item.type == "session_meta" and item.payload.get("id") == params.thread_id for item in kept)
    refused = refusal(
        (thread is None, not_live),
        (own_meta, invalid(params.thread_id, "APPEND-1b")),
        (_too_large(state, kept), Err((ErrorKind.RESOURCE_EXHAUSTED,), "", "APPEND-5c")),
    )
    if refused or thread is None:
        return state, refused or not_live
    state = shown(state, thread)
    thread = state.threads[params.thread_id]
    return said(state, evolve(thread, history=thread.history.append(kept))), Ok()


def _too_large(state: State, items: Iterable[RolloutItem]) -> bool:
    limit = state.variants.max_item_bytes
    return limit is not None and any(_compact_size(item.payload) > limit for item in items)


def _compact_size(payload: JSON) -> int:
    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())


def _load_history(state: State, params: p.LoadThreadHistoryParams) -> Step:
    thread = visible_thread(state, params.thread_id)
    refused = _unreadable(state, params.thread_id, params.include_archived, with_history=True)
    if refused or thread is None:
        return state, refused or missing(params.thread_id, "READ-2")
    return state, Ok(_history(thread))


# --- Reading ----------------------------------------------------------------------------------------------------


def _read(state: State, params: p.ReadThreadParams | p.ReadThreadByRolloutPathParams) -> Step:
    if isinstance(params, p.ReadThreadParams):
        thread_id = params.thread_id
    else:
        at_path = [t for t in state.threads.values() if t.visible and t.record.rollout_path == params.rollout_path]
        if not at_path:
            return state, invalid("rollout_path", "READ-4b")
        thread_id = at_path[0].record.thread_id
    refused = _unreadable(state, thread_id, params.include_archived, with_history=params.include_history)
    if refused:
        return state, refused
    thread = state.threads[thread_id]
    return state, Ok(evolve(thread.record, history=_history(thread) if params.include_history else None))


def _unreadable(state: State, thread_id: ThreadId, include_archived: bool, *, with_history: bool) -> Outcome | None:
    thread = visible_thread(state, thread_id)
    if thread is None:
        return missing(thread_id, "READ-2")
    return refusal(
        (thread.archived and not include_archived, invalid(thread_id, "READ-2")),
        (with_history and _is_paginated(state, thread), unsupported("paginated_threads")),
    )


# --- Metadata ---------------------------------------------------------------------------------------------------


def _update(state: State, params: p.UpdateThreadMetadataParams) -> Step:
    thread = state.threads.get(params.thread_id)
    nothing = is_empty(params.patch)
    if thread is None or not (thread.visible or (thread.live and not nothing)):
        return state, missing(params.thread_id, "PATCH-6")
    path, mode = params.patch.rollout_path, params.patch.history_mode
    refused = refusal(
        (thread.archived and not params.include_archived, invalid(params.thread_id, "PATCH-6")),
        # What a store does with another mode is open (PATCH-1), so no program asks; the reference refuses.
        (mode not in (UNSET, thread.history_mode), invalid("history_mode", "PATCH-1")),
        (
            state.variants.paths and path is not UNSET and path != thread.record.rollout_path,
            invalid("rollout_path", "PATCH-1b"),
        ),
    )
    if refused:
        return state, refused
    if nothing:
        return state, Ok(thread.record)
    record = _patched(thread.record, params.patch)
    return stored(state, evolve(thread, record=record, visible=True), changed=True), Ok(record)


def _patched(record: StoredThread, patch: ThreadMetadataPatch) -> StoredThread:
    recency = record.recency_at
    if not isinstance(recency, Open) or patch.advance_recency_at is UNSET:
        return apply(record, patch)
    later = _later(recency, patch.advance_recency_at)
    return evolve(apply(evolve(record, recency_at=0), patch), recency_at=later)


def _later(instant: Any, known: int) -> Any:
    """Return the later of an instant and a known one; one not seen yet stays so."""
    if not isinstance(instant, Open):
        return max(instant, known)
    among = instant.among and tuple(_later(each, known) for each in instant.among)
    return evolve(instant, at_least=max(instant.at_least or 0, known), among=among)


# --- Archive and delete -----------------------------------------------------------------------------------------


def _archive(state: State, params: p.ArchiveThreadParams) -> Step:
    thread = visible_thread(state, params.thread_id)
    if thread is None:
        return state, missing(params.thread_id, "ARCH-1")
    if thread.archived:
        return state, Either((invalid(params.thread_id, "ARCH-1"), Ok()))
    return stored(state, _moved(state, thread, left_open(params.thread_id, "archived_at")), changed=True), Ok()


def _unarchive(state: State, params: p.UnarchiveThreadParams) -> Step:
    thread = visible_thread(state, params.thread_id)
    if thread is None:
        return state, missing(params.thread_id, "ARCH-1")
    if not thread.archived:
        return state, Either((invalid(params.thread_id, "ARCH-1"), Ok(thread.record)))
    thread = _moved(state, thread, None)
    return stored(state, thread, changed=True), Ok(thread.record)


def _moved(state: State, thread: Thread, archived_at: Any) -> Thread:
    path = left_open(thread.record.thread_id, "rollout_path") if state.variants.paths else thread.record.rollout_path
    record = evolve(thread.record, archived_at=archived_at, rollout_path=path)
    return evolve(thread, record=record)


def _delete(state: State, params: p.DeleteThreadParams) -> Step:
    thread = state.threads.get(params.thread_id)
    not_there = missing(params.thread_id, "DEL-1")
    if thread is None:
        return state, not_there
    return removed(state, params.thread_id), (Ok() if thread.visible else not_there)


# --- The rules as a table, and the words they are written in ----------------------------------------------------

_RULES: dict[type, Callable[[State, Any], Step]] = {
    p.CreateThreadParams: _create,
    p.ResumeThreadParams: _resume,
    p.AppendThreadItemsParams: _append,
    p.PersistThreadParams: _persist,
    p.FlushThreadParams: _flush,
    p.ShutdownThreadParams: _shutdown,
    p.DiscardThreadParams: _discard,
    p.LoadThreadHistoryParams: _load_history,
    p.ReadThreadParams: _read,
    p.ReadThreadByRolloutPathParams: _read,
    p.ListThreadsParams: model_listing.list_threads,
    p.SearchThreadsParams: model_listing.search_threads,
    p.UpdateThreadMetadataParams: _update,
    p.ArchiveThreadParams: _archive,
    p.UnarchiveThreadParams: _unarchive,
    p.DeleteThreadParams: _delete,
    p.DefaultHistoryModeParams: _default_history_mode,
}


def _history(thread: Thread) -> StoredThreadHistory:
    return StoredThreadHistory(thread.record.thread_id, tuple(thread.history))


def _is_paginated(state: State, thread: Thread) -> bool:
    return thread.history_mode == "paginated" and not state.variants.paginated
