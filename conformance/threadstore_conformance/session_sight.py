"""What must be looked at before an operation: what its answer depends on, and nobody has seen yet."""

from __future__ import annotations

from typing import Any

import attrs

from threadstore import StoredThread, ThreadId
from threadstore import manager_params as m
from threadstore.outcomes import Open
from threadstore.state import State, Thread

from .ports import LISTINGS


def to_be_seen(store: State, operation: Any) -> list[ThreadId]:
    """Return the threads of which something is open that the answer to an operation depends on."""
    if isinstance(operation, LISTINGS):
        return [each.record.thread_id for each in store.threads.values() if each.visible and _is_open(each.record)]
    if isinstance(operation, m.ForkParams | m.SpawnParams | m.ResumeParams):
        source = store.threads.get(operation.thread_id)
        if source is not None and source.visible and (_is_open(source.record) or _has_open_meta(source)):
            return [operation.thread_id]
    return []


def _is_open(record: StoredThread) -> bool:
    return any(type(value) is Open for value in attrs.asdict(record, recurse=False).values())


def _has_open_meta(thread: Thread) -> bool:
    return isinstance(next(iter(thread.history)).payload, Open)
