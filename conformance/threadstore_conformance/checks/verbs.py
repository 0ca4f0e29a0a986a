"""What checks of the core clauses do to a thread, one word each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from threadstore import (
    ArchiveThreadParams,
    DeleteThreadParams,
    DiscardThreadParams,
    FlushThreadParams,
    LoadThreadHistoryParams,
    Operation,
    PersistThreadParams,
    ReadThreadParams,
    ResumeThreadParams,
    RolloutItem,
    StoredThread,
    ThreadId,
    ThreadPersistenceMetadata,
    ThreadStoreError,
    UnarchiveThreadParams,
    perform,
)
from threadstore_conformance.lab import METADATA, Lab


def resume(lab: Lab, thread: ThreadId, **given: Any) -> None:
    """Open a writer for a thread of either side."""
    lab.store.resume_thread(resumption(thread, **given))


def resumption(thread: ThreadId, **given: Any) -> ResumeThreadParams:
    """Return the params that `resume` uses."""
    return ResumeThreadParams(thread_id=thread, **{"include_archived": True, "metadata": METADATA, **given})


def nowhere() -> ThreadPersistenceMetadata:
    """Return metadata without a working directory."""
    return ThreadPersistenceMetadata(cwd=None, model_provider="provider-a")


def persist(lab: Lab, thread: ThreadId) -> None:
    """Make a live thread visible, and write what it has buffered."""
    lab.store.persist_thread(PersistThreadParams(thread_id=thread))


def flush(lab: Lab, thread: ThreadId) -> None:
    """Write what a live thread has buffered."""
    lab.store.flush_thread(FlushThreadParams(thread_id=thread))


def discard(lab: Lab, thread: ThreadId) -> None:
    """Close a thread's writer without flushing."""
    lab.store.discard_thread(DiscardThreadParams(thread_id=thread))


def archive(lab: Lab, thread: ThreadId) -> None:
    """Move a thread to the archived side."""
    lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))


def unarchive(lab: Lab, thread: ThreadId) -> StoredThread:
    """Move a thread back to the active side, and return it."""
    return lab.store.unarchive_thread(UnarchiveThreadParams(thread_id=thread))


def put_aside(lab: Lab, thread: ThreadId) -> None:
    """Archive a live thread, and open its writer again: a writer that goes along is ARCH-3's."""
    lab.close(thread)
    archive(lab, thread)
    resume(lab, thread)


def delete(lab: Lab, thread: ThreadId) -> None:
    """Remove a thread."""
    lab.store.delete_thread(DeleteThreadParams(thread_id=thread))


def reading(thread: ThreadId, *, include_archived: bool = True) -> ReadThreadParams:
    """Return the params of a read, to see it refused."""
    return ReadThreadParams(thread_id=thread, include_archived=include_archived)


def loading(thread: ThreadId, *, include_archived: bool = True) -> LoadThreadHistoryParams:
    """Return the params of a load of history, to see it refused."""
    return LoadThreadHistoryParams(thread_id=thread, include_archived=include_archived)


def read_whole(lab: Lab, thread: ThreadId) -> StoredThread:
    """Read a thread of either side with its history."""
    params = ReadThreadParams(thread_id=thread, include_archived=True, include_history=True)
    return lab.store.read_thread(params)


def written(lab: Lab, thread: ThreadId) -> list[RolloutItem]:
    """Flush a live thread and load its items, so that what APPEND-4 demands is not needed here."""
    flush(lab, thread)
    return lab.items(thread)


def attempt(lab: Lab, operation: Operation) -> ThreadStoreError | None:
    """Run an operation that may be refused, and return the refusal if there is one."""
    try:
        perform(lab.store, operation)
    except ThreadStoreError as error:
        return error
    return None


def in_turn(*acts: Callable[[ThreadId], object]) -> Callable[[ThreadId], None]:
    """Return what does several things to a thread, one after the other."""

    def do(thread: ThreadId) -> None:
        for act in acts:
            act(thread)

    return do
