"""What a store shows of a thread to a session layer that goes by it, where showing nothing is an answer."""

from __future__ import annotations

from .errors import ErrorKind, InvalidRequest, ThreadNotFound, ThreadStoreError
from .ids import ThreadId
from .params import ReadThreadByRolloutPathParams, ReadThreadParams
from .store import ThreadStore
from .thread import StoredThread


def shown(store: ThreadStore, thread_id: ThreadId) -> StoredThread | None:
    """Return a thread of either side, or ``None`` when the store says that it is missing."""
    try:
        return store.read_thread(ReadThreadParams(thread_id=thread_id, include_archived=True))
    except (ThreadNotFound, InvalidRequest):
        return None


def leads_to(store: ThreadStore, rollout_path: str, thread_id: ThreadId) -> bool:
    """Tell whether a path is that of a thread's rollout; one that has none yet every path may be."""
    stored = shown(store, thread_id)
    if stored is None or stored.rollout_path in (None, rollout_path):
        return True
    by_path = ReadThreadByRolloutPathParams(rollout_path=rollout_path, include_archived=True)
    try:
        return store.read_thread_by_rollout_path(by_path).thread_id == thread_id
    except ThreadStoreError as error:
        if error.kind is ErrorKind.INTERNAL:
            raise
        return False
