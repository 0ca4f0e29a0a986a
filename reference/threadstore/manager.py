"""The second port: ThreadManager, the session layer above a ThreadStore (R4, R5, R8).

A manager is anything with these eighteen methods. A product that shows no ThreadStore, only its threads, is judged
here. Errors are the store's; at this port only their class counts: missing, refused, unsupported, failed.
A manager that holds resources may also have ``close()``, which shuts every loaded thread down.
"""

from __future__ import annotations

from typing import Any, Protocol

from . import manager_params as m
from . import params as p
from .errors import ErrorKind
from .session import LoadedThread, LoadedThreads, OutboundRequest
from .thread import StoredThread, StoredThreadHistory, ThreadPage


class ManagerPort(Protocol):
    """What a session layer offers."""

    def start_thread(self, params: m.StartParams, /) -> LoadedThread:
        """Start a new thread."""
        ...

    def resume_thread(self, params: m.ResumeParams, /) -> LoadedThread:
        """Load a stored thread."""
        ...

    def fork_thread(self, params: m.ForkParams, /) -> LoadedThread:
        """Start a new thread with a copy of another's history."""
        ...

    def spawn_thread(self, params: m.SpawnParams, /) -> LoadedThread:
        """Start a sub-agent."""
        ...

    def append_items(self, params: p.AppendThreadItemsParams, /) -> None:
        """Append items to a loaded thread: history first, then what they say of its metadata."""
        ...

    def persist_thread(self, params: p.PersistThreadParams, /) -> None:
        """Make a loaded thread visible; a barrier for its metadata."""
        ...

    def flush_thread(self, params: p.FlushThreadParams, /) -> None:
        """Write what a loaded thread has buffered; a barrier for its metadata."""
        ...

    def shutdown_thread(self, params: p.ShutdownThreadParams, /) -> None:
        """Send what is pending, close a loaded thread's writer, and unload it."""
        ...

    def discard_thread(self, params: p.DiscardThreadParams, /) -> None:
        """Unload a thread without sending what is pending."""
        ...

    def update_thread_metadata(self, params: p.UpdateThreadMetadataParams, /) -> StoredThread:
        """Patch a loaded or a cold thread, and return it as it is then."""
        ...

    def archive_thread(self, params: p.ArchiveThreadParams, /) -> None:
        """Shut a thread down if it is loaded, and move it to the archived side."""
        ...

    def unarchive_thread(self, params: p.UnarchiveThreadParams, /) -> StoredThread:
        """Move a thread back to the active side and return it."""
        ...

    def delete_thread(self, params: p.DeleteThreadParams, /) -> None:
        """Unload a thread and remove every trace of it."""
        ...

    def read_thread(self, params: p.ReadThreadParams, /) -> StoredThread:
        """Return a stored thread."""
        ...

    def load_history(self, params: p.LoadThreadHistoryParams, /) -> StoredThreadHistory:
        """Return a stored thread's history."""
        ...

    def list_threads(self, params: p.ListThreadsParams, /) -> ThreadPage:
        """Return one page of stored threads."""
        ...

    def list_loaded(self, params: m.ListLoadedParams, /) -> LoadedThreads:
        """Return which threads are loaded."""
        ...

    def outbound_request(self, params: m.OutboundParams, /) -> OutboundRequest:
        """Build what a consumer is sent on behalf of a loaded thread."""
        ...


#: Which method performs an operation.
MANAGER_METHODS: dict[type, str] = {
    m.StartParams: "start_thread",
    m.ResumeParams: "resume_thread",
    m.ForkParams: "fork_thread",
    m.SpawnParams: "spawn_thread",
    p.AppendThreadItemsParams: "append_items",
    p.PersistThreadParams: "persist_thread",
    p.FlushThreadParams: "flush_thread",
    p.ShutdownThreadParams: "shutdown_thread",
    p.DiscardThreadParams: "discard_thread",
    p.UpdateThreadMetadataParams: "update_thread_metadata",
    p.ArchiveThreadParams: "archive_thread",
    p.UnarchiveThreadParams: "unarchive_thread",
    p.DeleteThreadParams: "delete_thread",
    p.ReadThreadParams: "read_thread",
    p.LoadThreadHistoryParams: "load_history",
    p.ListThreadsParams: "list_threads",
    m.ListLoadedParams: "list_loaded",
    m.OutboundParams: "outbound_request",
}

#: What an operation answers with when it is not refused.
MANAGER_RESULTS: dict[type, type] = {
    **dict.fromkeys(MANAGER_METHODS, type(None)),
    m.StartParams: LoadedThread,
    m.ResumeParams: LoadedThread,
    m.ForkParams: LoadedThread,
    m.SpawnParams: LoadedThread,
    p.UpdateThreadMetadataParams: StoredThread,
    p.UnarchiveThreadParams: StoredThread,
    p.ReadThreadParams: StoredThread,
    p.LoadThreadHistoryParams: StoredThreadHistory,
    p.ListThreadsParams: ThreadPage,
    m.ListLoadedParams: LoadedThreads,
    m.OutboundParams: OutboundRequest,
}

#: The operations that make a thread.
MAKERS = (m.StartParams, m.ForkParams, m.SpawnParams)

#: The class of an error as it counts at this port.
ERROR_CLASSES: dict[ErrorKind, str] = {
    ErrorKind.THREAD_NOT_FOUND: "missing",
    ErrorKind.INVALID_REQUEST: "refused",
    ErrorKind.CONFLICT: "refused",
    ErrorKind.RESOURCE_EXHAUSTED: "refused",
    ErrorKind.UNSUPPORTED: "unsupported",
    ErrorKind.INTERNAL: "failed",
}


def manage(manager: ManagerPort, operation: m.ManagerOperation) -> Any:
    """Run an operation on a manager: the method that `MANAGER_METHODS` names, with the operation as its argument."""
    return getattr(manager, MANAGER_METHODS[type(operation)])(operation)
