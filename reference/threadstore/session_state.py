"""What the session model remembers, and what it must be told because a pure function cannot know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from attrs import evolve, field, fields, frozen

from .ids import ThreadId
from .items import RolloutItem
from .model import step
from .outcomes import Open, Outcome
from .params import DiscardThreadParams
from .registration import SessionCapabilities
from .session import LoadedThread, ProcessSettings
from .session_history import user_messages
from .state import State, stored
from .thread import StoredThread, Timestamp


@frozen
class Seen:
    """What happened around an operation: the time, and what only the manager could choose."""

    #: The clock's reading when the operation ran.
    now: Timestamp
    #: The id of the thread that a start, fork or spawn made; absent when it was refused.
    made: ThreadId | None = None
    #: What a fork of an interrupted turn added after the copied items.
    added: tuple[RolloutItem, ...] = ()


@frozen
class Session:
    """A loaded thread, as the model knows it."""

    loaded: LoadedThread
    #: Whether the facts of its creation are still to be sent (SYNC-3).
    unsent: bool = False
    #: What the stored thread lacks and its history told, to be sent with the first append (SYNC-3).
    lacking: Mapping[str, Any] = field(factory=dict)
    #: First-wins facts that stand (SYNC-1b).
    decided: frozenset[str] = frozenset()
    #: The stored thread as it was before each append since the last barrier.
    since: tuple[StoredThread, ...] = ()
    #: The items of an ephemeral thread, which no store keeps.
    items: tuple[RolloutItem, ...] = ()


@frozen
class SessionState:
    """Everything that a process and its store remember."""

    store: State = field(factory=State)
    variants: SessionCapabilities = field(factory=SessionCapabilities)
    settings: ProcessSettings = field(factory=ProcessSettings)
    loaded: Mapping[ThreadId, Session] = field(factory=dict)


SessionStep: TypeAlias = tuple[SessionState, Outcome]


def in_session(state: SessionState, session: Session) -> SessionState:
    """Return the state with this version of a loaded thread."""
    return evolve(state, loaded={**state.loaded, session.loaded.thread_id: session})


def unloaded(state: SessionState, thread_id: ThreadId) -> SessionState:
    """Return the state in which a thread is not loaded."""
    return evolve(state, loaded={key: each for key, each in state.loaded.items() if key != thread_id})


def beneath(state: SessionState, operation: Any) -> SessionStep:
    """Ask the store's model."""
    store, outcome = step(state.store, operation)
    return evolve(state, store=store), outcome


def shown(state: SessionState, session: Session) -> LoadedThread:
    """Return what a session shows of its thread: its name and its turns are those of now."""
    thread = session.loaded
    if thread.ephemeral:
        return evolve(thread, turns=len(user_messages(session.items)))
    kept = state.store.threads[thread.thread_id]
    return evolve(thread, name=kept.record.name, turns=len(user_messages(tuple(kept.history))))


def settled(state: SessionState, thread_id: ThreadId) -> SessionState:
    """Return the state after a barrier of a loaded thread: what was observed has been sent."""
    return in_session(state, evolve(state.loaded[thread_id], since=()))


def dropped(state: SessionState, thread_id: ThreadId) -> SessionState:
    """Return the state in which a thread was unloaded without a barrier: what was observed may have been sent."""
    session = state.loaded[thread_id]
    state, _ = beneath(unloaded(state, thread_id), DiscardThreadParams(thread_id=thread_id))
    thread = state.store.threads.get(thread_id)
    if thread is None or not session.since:
        return state
    record, changes = thread.record, state.store.changes
    for field_ in fields(StoredThread):
        values = [getattr(each, field_.name) for each in (record, *session.since)]
        if any(value != values[0] for value in values):
            unsure: Any = Open(thread_id, f"{field_.name}:{changes}", among=tuple(values))
            record = evolve(record, **{field_.name: unsure})
    return evolve(state, store=stored(state.store, evolve(thread, record=record), changed=True))


def is_ephemeral(state: SessionState, thread_id: ThreadId) -> bool:
    """Tell whether a thread is loaded and stored nowhere."""
    return thread_id in state.loaded and state.loaded[thread_id].loaded.ephemeral
