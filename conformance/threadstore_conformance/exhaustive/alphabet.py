"""The operations that exhaustive programs are made of: every life of two threads, with few values.

Each operation is of one thread, and the two threads have the same ones, so that a program with their ids exchanged is
the same program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    Capabilities,
    CreateThreadParams,
    DeleteThreadParams,
    DiscardThreadParams,
    FlushThreadParams,
    ListThreadsParams,
    LoadThreadHistoryParams,
    Operation,
    PersistThreadParams,
    ReadThreadParams,
    ResumeThreadParams,
    ShutdownThreadParams,
    ThreadId,
    ThreadMetadataPatch,
    UnarchiveThreadParams,
    UpdateThreadMetadataParams,
)

from ..lab import METADATA, ORIGINATOR, user_message

#: The two threads; the first is the one that a program speaks of first.
THREADS: tuple[ThreadId, ThreadId] = ("01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002")

_ITEM = user_message("said")


def _patch(thread_id: ThreadId, **fields: Any) -> Operation:
    patch = ThreadMetadataPatch(**fields)
    return UpdateThreadMetadataParams(thread_id=thread_id, patch=patch, include_archived=True)


#: What can be done to a thread.
_DEEDS: tuple[Callable[[ThreadId], Operation], ...] = (
    lambda t: CreateThreadParams(thread_id=t, originator=ORIGINATOR, metadata=METADATA),
    lambda t: ResumeThreadParams(thread_id=t, metadata=METADATA),
    lambda t: ResumeThreadParams(thread_id=t, include_archived=True, metadata=METADATA),
    lambda t: AppendThreadItemsParams(thread_id=t, items=(_ITEM,)),
    lambda t: PersistThreadParams(thread_id=t),
    lambda t: FlushThreadParams(thread_id=t),
    lambda t: ShutdownThreadParams(thread_id=t),
    lambda t: DiscardThreadParams(thread_id=t),
    lambda t: _patch(t, name="a name", preview="a preview"),
    lambda t: _patch(t, name=None),
    lambda t: ArchiveThreadParams(thread_id=t),
    lambda t: UnarchiveThreadParams(thread_id=t),
    lambda t: DeleteThreadParams(thread_id=t),
)


def deeds(threads: int = 2) -> tuple[tuple[Operation, ...], ...]:
    """Return the operations of each of the first threads."""
    return tuple(tuple(deed(thread_id) for deed in _DEEDS) for thread_id in THREADS[:threads])


def sights(capabilities: Capabilities, threads: int = 2) -> tuple[Operation, ...]:
    """Return the reads that together show everything: each thread with and without history, both lists both ways."""
    reads: list[Operation] = []
    for thread_id in THREADS[:threads]:
        reads += (
            ReadThreadParams(thread_id=thread_id),
            ReadThreadParams(thread_id=thread_id, include_archived=True, include_history=True),
            LoadThreadHistoryParams(thread_id=thread_id, include_archived=True),
        )
    for archived in (False, True):
        reads += (
            ListThreadsParams(page_size=10, archived=archived, sort_direction="asc"),
            ListThreadsParams(page_size=10, archived=archived, sort_direction="desc"),
        )
    return tuple(reads)
