"""The first port: ThreadStore, the storage boundary of threads (R1).

A store is anything with these nineteen methods; there is nothing to inherit. Each takes one params object and
returns a result, or raises a `ThreadStoreError`. What each must do is in the spec: ``threadstore spec``.
A store that holds resources may also have ``close()``, which whoever opened it calls when done.
"""

from __future__ import annotations

from typing import Any, Protocol

from . import params as p
from .thread import (
    HistoryMode,
    ItemPage,
    StoredThread,
    StoredThreadHistory,
    ThreadPage,
    ThreadSearchPage,
    TurnPage,
)


class ThreadStore(Protocol):
    """What a backend author implements."""

    def default_history_mode(self) -> HistoryMode:
        """Return the history mode of threads whose history names none."""
        ...

    def create_thread(self, params: p.CreateThreadParams, /) -> None:
        """Open a live writer for a new thread."""
        ...

    def resume_thread(self, params: p.ResumeThreadParams, /) -> None:
        """Open a live writer for a stored thread."""
        ...

    def append_items(self, params: p.AppendThreadItemsParams, /) -> None:
        """Append items to a live thread's history."""
        ...

    def persist_thread(self, params: p.PersistThreadParams, /) -> None:
        """Make a live thread visible and write what is buffered."""
        ...

    def flush_thread(self, params: p.FlushThreadParams, /) -> None:
        """Write what a live thread has buffered."""
        ...

    def shutdown_thread(self, params: p.ShutdownThreadParams, /) -> None:
        """Flush a live thread and close its writer."""
        ...

    def discard_thread(self, params: p.DiscardThreadParams, /) -> None:
        """Close a thread's writer, if it has one, without flushing."""
        ...

    def load_history(self, params: p.LoadThreadHistoryParams, /) -> StoredThreadHistory:
        """Return a thread's history."""
        ...

    def read_thread(self, params: p.ReadThreadParams, /) -> StoredThread:
        """Return a thread."""
        ...

    def read_thread_by_rollout_path(self, params: p.ReadThreadByRolloutPathParams, /) -> StoredThread:
        """Return the thread whose rollout is at a path (capability ``paths``)."""
        ...

    def list_threads(self, params: p.ListThreadsParams, /) -> ThreadPage:
        """Return one page of a listing."""
        ...

    def search_threads(self, params: p.SearchThreadsParams, /) -> ThreadSearchPage:
        """Return one page of threads by content (capability ``search``)."""
        ...

    def list_turns(self, params: p.ListTurnsParams, /) -> TurnPage:
        """Return one page of turns (capability ``turns``)."""
        ...

    def list_items(self, params: p.ListItemsParams, /) -> ItemPage:
        """Return one page of materialised items (capability ``items``)."""
        ...

    def update_thread_metadata(self, params: p.UpdateThreadMetadataParams, /) -> StoredThread:
        """Apply a patch and return the thread as it is then."""
        ...

    def archive_thread(self, params: p.ArchiveThreadParams, /) -> None:
        """Move a thread to the archived side."""
        ...

    def unarchive_thread(self, params: p.UnarchiveThreadParams, /) -> StoredThread:
        """Move a thread back to the active side and return it."""
        ...

    def delete_thread(self, params: p.DeleteThreadParams, /) -> None:
        """Remove every trace of a thread."""
        ...


#: Which method performs an operation.
METHODS: dict[type, str] = {
    p.CreateThreadParams: "create_thread",
    p.ResumeThreadParams: "resume_thread",
    p.AppendThreadItemsParams: "append_items",
    p.PersistThreadParams: "persist_thread",
    p.FlushThreadParams: "flush_thread",
    p.ShutdownThreadParams: "shutdown_thread",
    p.DiscardThreadParams: "discard_thread",
    p.LoadThreadHistoryParams: "load_history",
    p.ReadThreadParams: "read_thread",
    p.ReadThreadByRolloutPathParams: "read_thread_by_rollout_path",
    p.ListThreadsParams: "list_threads",
    p.SearchThreadsParams: "search_threads",
    p.ListTurnsParams: "list_turns",
    p.ListItemsParams: "list_items",
    p.UpdateThreadMetadataParams: "update_thread_metadata",
    p.ArchiveThreadParams: "archive_thread",
    p.UnarchiveThreadParams: "unarchive_thread",
    p.DeleteThreadParams: "delete_thread",
    p.DefaultHistoryModeParams: "default_history_mode",
}


#: What an operation answers with when it is not refused.
RESULTS: dict[type, type] = {
    **dict.fromkeys(METHODS, type(None)),
    p.LoadThreadHistoryParams: StoredThreadHistory,
    p.ReadThreadParams: StoredThread,
    p.ReadThreadByRolloutPathParams: StoredThread,
    p.ListThreadsParams: ThreadPage,
    p.SearchThreadsParams: ThreadSearchPage,
    p.ListTurnsParams: TurnPage,
    p.ListItemsParams: ItemPage,
    p.UpdateThreadMetadataParams: StoredThread,
    p.UnarchiveThreadParams: StoredThread,
    p.DefaultHistoryModeParams: str,
}


def perform(store: ThreadStore, operation: p.Operation) -> Any:
    """Run an operation on a store: the method that `METHODS` names, with the operation as its argument."""
    method = getattr(store, METHODS[type(operation)])
    return method() if isinstance(operation, p.DefaultHistoryModeParams) else method(operation)
