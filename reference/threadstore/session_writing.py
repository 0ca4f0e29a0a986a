"""Going on with a loaded thread, in the session model: its history, its metadata, and what waits to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from . import params as p
from .fields import UNSET
from .ids import ThreadId
from .items import RolloutItem
from .outcomes import Ok, Open, left_open
from .patch import ThreadMetadataPatch, is_empty
from .policy import canonical_items
from .session_facts import FIRST_WINS, facts_of, starts_turn
from .session_state import Seen, SessionState, SessionStep, beneath, in_session, is_ephemeral, settled
from .state import invalid, missing, stored
from .thread import StoredThread


def append(state: SessionState, params: p.AppendThreadItemsParams, seen: Seen) -> SessionStep:
    """Append items, and apply what they say (SYNC-1)."""
    session = state.loaded.get(params.thread_id)
    kept = canonical_items(params.items)
    if session is not None and session.loaded.ephemeral:
        if any(item.type == "session_meta" and item.payload.get("id") == params.thread_id for item in kept):
            return state, invalid(params.thread_id, "ROUTE-1b")
        return in_session(state, evolve(session, items=session.items + kept)), Ok()
    after, outcome = beneath(state, params)
    if session is None or not kept or not isinstance(outcome, Ok):
        return after, outcome
    before = state.store.threads[params.thread_id].record
    after = in_session(after, evolve(session, since=(*session.since, before)))
    told = facts_of(kept, session.decided)
    after = patched(sent(after, params.thread_id), params.thread_id, {**told, **_times(after, params, kept, seen)})
    session = after.loaded[params.thread_id]
    return in_session(after, evolve(session, decided=session.decided | (told.keys() & set(FIRST_WINS)))), Ok()


def _times(state: SessionState, params: p.AppendThreadItemsParams, kept: Sequence[RolloutItem], seen: Seen) -> Any:
    times = {"updated_at": seen.now}
    return times | {"advance_recency_at": seen.now} if starts_turn(kept) else times


def persist(state: SessionState, params: p.PersistThreadParams, seen: Seen) -> SessionStep:
    """Make a thread visible, and send what waits."""
    if params.thread_id not in state.loaded:
        return state, missing(params.thread_id, "ROUTE-2")
    if is_ephemeral(state, params.thread_id):
        return state, Ok()
    state, _ = beneath(state, params)
    # What a resume found lacking waits for the first append.
    state = sent(state, params.thread_id) if state.loaded[params.thread_id].unsent else state
    return settled(state, params.thread_id), Ok()


def flush(state: SessionState, params: p.FlushThreadParams, seen: Seen) -> SessionStep:
    """Write what is buffered: of facts, none waits that may be sent (SYNC-3)."""
    if params.thread_id not in state.loaded:
        return state, missing(params.thread_id, "ROUTE-2")
    return settled(state, params.thread_id), Ok()


def update(state: SessionState, params: p.UpdateThreadMetadataParams, seen: Seen) -> SessionStep:
    """Apply a patch, what waits first (SYNC-2)."""
    session = state.loaded.get(params.thread_id)
    if session is None or is_empty(params.patch):
        if session is not None and session.loaded.ephemeral:
            return state, invalid(params.thread_id, "ROUTE-1b")
        return beneath(state, params)
    if session.loaded.ephemeral:
        return state, invalid(params.thread_id, "ROUTE-1b")
    after, outcome = beneath(sent(state, params.thread_id), params)
    if not isinstance(outcome, Ok):
        return state, outcome
    session = after.loaded[params.thread_id]
    chosen = {name for name in FIRST_WINS if getattr(params.patch, name)}
    mode = params.patch.memory_mode
    loaded = evolve(session.loaded, memory_mode=session.loaded.memory_mode if mode is UNSET else mode)
    return in_session(after, evolve(session, loaded=loaded, decided=session.decided | chosen, since=())), outcome


def sent(state: SessionState, thread_id: ThreadId) -> SessionState:
    """Return the state in which the facts that waited have been sent (SYNC-2, SYNC-3)."""
    session = state.loaded[thread_id]
    facts = dict(session.lacking)
    if session.unsent and state.settings.cli_version:
        facts["cli_version"] = state.settings.cli_version
    state = in_session(state, evolve(session, unsent=False, lacking={}))
    return patched(state, thread_id, facts) if facts else state


def patched(state: SessionState, thread_id: ThreadId, facts: dict[str, Any]) -> SessionState:
    """Return the state in which facts have been applied to a stored thread."""
    patch = ThreadMetadataPatch(**facts)
    update = p.UpdateThreadMetadataParams(thread_id=thread_id, patch=patch, include_archived=True)
    before = state.store.threads[thread_id].record
    state, _ = beneath(state, update)
    return state if state.variants.timed else _with_open_times(state, thread_id, facts, before)


def _with_open_times(
    state: SessionState, thread_id: ThreadId, facts: dict[str, Any], before: StoredThread
) -> SessionState:
    # Of a session whose clock is its own nobody knows what time it wrote.
    thread, changes = state.store.threads[thread_id], state.store.changes
    record = thread.record
    if "updated_at" in facts:
        record = evolve(record, updated_at=left_open(thread_id, f"updated_at:{changes}"))
    if "advance_recency_at" in facts:
        known = before.recency_at if isinstance(before.recency_at, int) else None
        later: Any = Open(thread_id, f"recency_at:{changes}", at_least=known)
        record = evolve(record, recency_at=later)
    return evolve(state, store=stored(state.store, evolve(thread, record=record)))
