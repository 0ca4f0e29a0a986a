"""What was done where a product was asked: it adds to what its callers said, and does what they cannot say its own way.

Where turns add, a history has more in it than was said, and a spawn is a turn of its spawner. The session model is
given the operation as it was done, so that it knows what the product knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from threadstore import ErrorKind, RolloutItem, ThreadId
from threadstore import manager_params as m
from threadstore import params as p
from threadstore.session_model import session_step
from threadstore.session_state import Seen, SessionState

from .compare import Answer, Raised, Returned
from .compare_values import Mismatch
from .discovery import Registered
from .ports import LISTINGS
from .products import adds, lacking, surplus, unseen
from .values import copied

#: Asks the manager something that is no part of the program.
Ask = Callable[[Any], Answer]


def as_done(backend: Registered, state: SessionState, operation: Any, answer: Answer, ask: Ask) -> Any:
    """Return an operation as it was done, or a `Mismatch` where what was said is not what was added."""
    if not adds(backend):
        return operation
    if not isinstance(answer, Returned):
        cold = isinstance(operation, m.SpawnParams) and operation.thread_id not in state.loaded
        return _as_turn(operation) if cold else operation
    if isinstance(operation, p.AppendThreadItemsParams):
        return _as_added(operation, state, ask)
    if isinstance(operation, m.SpawnParams):
        # An agent is called as the product likes, and works where its spawner does.
        where = p.ThreadPersistenceMetadata(cwd=answer.value.cwd, model_provider=answer.value.model_provider)
        return attrs.evolve(operation, agent_nickname=answer.value.agent_nickname, metadata=where)
    if isinstance(operation, m.ForkParams) and "LoadedThread.memory_mode" in unseen(backend):
        return _as_remembered(operation, answer.value.thread_id, ask)
    return operation


def after_known(before: SessionState, operation: Any, answer: Answer, seen: Seen) -> SessionState | None:
    """Return the state after an answer that is known to be wrong; nothing where that leaves all open."""
    if isinstance(answer, Raised):
        # What was refused has changed nothing; what broke may have, and so may a deletion of what is loaded.
        halfway = isinstance(operation, p.DeleteThreadParams) and operation.thread_id in before.loaded
        return None if halfway or answer.error.kind is ErrorKind.INTERNAL else before
    if isinstance(operation, LISTINGS):
        return before
    if isinstance(operation, p.DeleteThreadParams) and operation.thread_id not in before.store.threads:
        # Nothing was kept of it, so there is nothing but a session to lose.
        return session_step(before, p.DiscardThreadParams(thread_id=operation.thread_id), seen)[0]
    return None


def shows_hidden(backend: Registered, state: SessionState, operation: Any) -> bool:
    """Tell whether an operation is a spawn whose own turn shows a thread that was hidden, and hands its history on."""
    if not adds(backend) or not isinstance(operation, m.SpawnParams) or operation.mode == "new":
        return False
    spawner = state.store.threads.get(operation.thread_id)
    return spawner is not None and not spawner.visible


def turns_of_spawn(
    backend: Registered, state: SessionState, spawn: m.SpawnParams, spawned: ThreadId, ask: Ask
) -> Iterator[p.AppendThreadItemsParams]:
    """Yield what the turns of a spawn appended, whatever it is: the spawner's, and the agent's."""
    for thread_id in (spawn.thread_id, spawned) if adds(backend) else ():
        added = _added_to(thread_id, state, ask)
        yield p.AppendThreadItemsParams(thread_id=thread_id, items=added or ())


def _as_turn(spawn: m.SpawnParams) -> p.AppendThreadItemsParams:
    # A turn takes a loaded thread (ROUTE-2).
    said = RolloutItem("event_msg", {"type": "user_message", "message": "spawn"})
    return p.AppendThreadItemsParams(thread_id=spawn.thread_id, items=(said,))


def _as_remembered(fork: m.ForkParams, made: ThreadId, ask: Ask) -> m.ForkParams:
    # A caller who is told of no memory mode gave none.
    seen = ask(p.ReadThreadParams(thread_id=made))
    if not isinstance(seen, Returned):
        return fork
    return attrs.evolve(fork, metadata=attrs.evolve(fork.metadata, memory_mode=seen.value.memory_mode))


def _as_added(append: p.AppendThreadItemsParams, state: SessionState, ask: Ask) -> Any:
    added = _added_to(append.thread_id, state, ask)
    if added is None:
        return append
    missing = lacking(append.items, added)
    if missing is not None:
        return Mismatch("items", missing, added)
    unasked = surplus(append.items, added)
    return (
        attrs.evolve(append, items=added) if unasked is None else Mismatch("items", append.items, unasked, "APPEND-1")
    )


def _added_to(thread_id: ThreadId, state: SessionState, ask: Ask) -> tuple[RolloutItem, ...] | None:
    """Return what stands in a history beyond what was known; nothing of a thread that has none to be seen."""
    thread = state.store.threads.get(thread_id)
    answer = ask(p.LoadThreadHistoryParams(thread_id=thread_id, include_archived=True)) if thread else None
    if thread is None or not isinstance(answer, Returned):
        return None
    return tuple(copied(answer.value.items[len(tuple(thread.history)) :]))
