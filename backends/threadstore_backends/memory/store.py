"""A ThreadStore in memory: dicts, sorted lists, one lock."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import orjson

from threadstore import params as p
from threadstore.clock import system_clock
from threadstore.errors import Conflict, InvalidRequest, ResourceExhausted, ThreadNotFound, Unsupported
from threadstore.fields import check_fields
from threadstore.ids import Clock, ThreadId
from threadstore.items import RolloutItem
from threadstore.policy import canonical_items
from threadstore.registration import Capabilities
from threadstore.thread import (
    HistoryMode,
    ItemPage,
    StoredThread,
    StoredThreadHistory,
    StoredThreadSearchResult,
    ThreadPage,
    ThreadSearchPage,
    TurnPage,
)

from .creation import new_thread
from .listing import SORT_KEYS, Index, list_filter, page, search_filter, snippet
from .threads import MemoryThread

#: What the registered backend ``memory`` declares.
MEMORY_CAPABILITIES = Capabilities(relations=True, search=True, volatile=True)

_Params = TypeVar("_Params")
_Result = TypeVar("_Result")


def _operation(
    method: Callable[[MemoryStore, _Params], _Result],
) -> Callable[[MemoryStore, _Params], _Result]:
    """Run a method with its params checked and the store to itself."""

    @functools.wraps(method)
    def run(self: MemoryStore, params: _Params, /) -> _Result:
        check_fields(params)
        with self._lock:
            return method(self, params)

    return run


class MemoryStore:
    """Threads in memory; safe to use from any number of threads of the process."""

    def __init__(self, *, clock: Clock = system_clock, capabilities: Capabilities = MEMORY_CAPABILITIES) -> None:
        if capabilities.paths:
            raise ValueError("the memory store keeps no files, so it cannot have the capability paths")
        self._clock = clock
        self._variants = capabilities
        self._lock = threading.RLock()
        self._threads: dict[ThreadId, MemoryThread] = {}
        self._index = Index()

    def default_history_mode(self) -> HistoryMode:
        """Return ``legacy``."""
        return "legacy"

    # --- Life cycle ---------------------------------------------------------------------------------------------

    @_operation
    def create_thread(self, params: p.CreateThreadParams, /) -> None:
        """Open a live writer for a new thread."""
        if params.thread_id in self._threads:
            raise Conflict(f"thread {params.thread_id} exists already; resume it, or create under another id")
        self._require_cwd(params.metadata)
        self._require_legacy(params.history_mode)
        thread = new_thread(params, now=self._clock())
        self._threads[params.thread_id] = thread
        if not self._variants.lazy:
            self._show(thread)

    @_operation
    def resume_thread(self, params: p.ResumeThreadParams, /) -> None:
        """Open a live writer for a stored thread."""
        thread = self._visible(params.thread_id)
        if thread.live:
            raise Conflict(f"thread {params.thread_id} is live already; shut its writer down before resuming it")
        _require_side(thread, include_archived=params.include_archived)
        self._require_cwd(params.metadata)
        self._require_legacy(thread.fields["history_mode"])
        thread.live = True

    @_operation
    def persist_thread(self, params: p.PersistThreadParams, /) -> None:
        """Make a live thread visible."""
        self._show(self._live(params.thread_id))

    @_operation
    def flush_thread(self, params: p.FlushThreadParams, /) -> None:
        """Do nothing to a live thread: nothing is buffered."""
        self._live(params.thread_id)

    @_operation
    def shutdown_thread(self, params: p.ShutdownThreadParams, /) -> None:
        """Close a thread's writer."""
        self._close(self._live(params.thread_id))

    @_operation
    def discard_thread(self, params: p.DiscardThreadParams, /) -> None:
        """Close a thread's writer, if it has one."""
        thread = self._threads.get(params.thread_id)
        if thread is not None:
            self._close(thread)

    # --- History ------------------------------------------------------------------------------------------------

    @_operation
    def append_items(self, params: p.AppendThreadItemsParams, /) -> None:
        """Append items to a live thread's history."""
        kept = canonical_items(params.items)
        if not kept:
            return
        thread = self._live(params.thread_id)
        for item in kept:
            if item.type == "session_meta" and item.payload.get("id") == params.thread_id:
                raise InvalidRequest(f"thread {params.thread_id} has its own session_meta; items may not hold another")
        self._require_size(params.thread_id, kept)
        thread.append(kept)
        self._show(thread)

    @_operation
    def load_history(self, params: p.LoadThreadHistoryParams, /) -> StoredThreadHistory:
        """Return a thread's history."""
        thread = self._readable(params.thread_id, params.include_archived, with_history=True)
        return thread.history()

    # --- Reading ------------------------------------------------------------------------------------------------

    @_operation
    def read_thread(self, params: p.ReadThreadParams, /) -> StoredThread:
        """Return a thread."""
        thread = self._readable(params.thread_id, params.include_archived, with_history=params.include_history)
        return thread.record(with_history=params.include_history)

    @_operation
    def read_thread_by_rollout_path(self, params: p.ReadThreadByRolloutPathParams, /) -> StoredThread:
        """Refuse: there are no files."""
        raise Unsupported("read_thread_by_rollout_path")

    @_operation
    def list_threads(self, params: p.ListThreadsParams, /) -> ThreadPage:
        """Return one page of a listing."""
        if params.relation_filter and not self._variants.relations:
            raise Unsupported("relation_filter")
        matches = list_filter(self._index, params, self._variants)
        found, cursor = page(self._threads, self._index, params, matches, self._variants.page_cap)
        return ThreadPage(tuple(thread.record() for thread in found), cursor)

    @_operation
    def search_threads(self, params: p.SearchThreadsParams, /) -> ThreadSearchPage:
        """Return one page of the threads in whose messages the term stands."""
        if not self._variants.search:
            raise Unsupported("thread/search")
        term = params.search_term
        if not term:
            raise InvalidRequest("search_term must not be empty; list_threads shows every thread", "search_term")
        matches = search_filter(params, term, self._variants)
        found, cursor = page(self._threads, self._index, params, matches, self._variants.page_cap)
        rows = (StoredThreadSearchResult(thread.record(), snippet(thread, term, self._variants)) for thread in found)
        return ThreadSearchPage(tuple(rows), cursor)

    @_operation
    def list_turns(self, params: p.ListTurnsParams, /) -> TurnPage:
        """Refuse: turns have no semantics in this version."""
        raise Unsupported("list_turns")

    @_operation
    def list_items(self, params: p.ListItemsParams, /) -> ItemPage:
        """Refuse: materialised items have no semantics in this version."""
        raise Unsupported("list_items")

    # --- Metadata, archive, delete ------------------------------------------------------------------------------

    @_operation
    def update_thread_metadata(self, params: p.UpdateThreadMetadataParams, /) -> StoredThread:
        """Apply a patch and return the thread as it is then."""
        thread = self._threads.get(params.thread_id)
        changes = thread.changes(params.patch) if thread else {}
        if thread is None or not (thread.visible or changes):
            raise ThreadNotFound(params.thread_id)
        _require_side(thread, include_archived=params.include_archived)
        if changes.get("history_mode", thread.fields["history_mode"]) != thread.fields["history_mode"]:
            raise InvalidRequest(f"history_mode of {params.thread_id} was fixed at its creation", "patch.history_mode")
        if changes:
            self._change(thread, changes)
            self._show(thread)
        return thread.record()

    @_operation
    def archive_thread(self, params: p.ArchiveThreadParams, /) -> None:
        """Move a thread to the archived side."""
        thread = self._visible(params.thread_id)
        if thread.archived:
            raise InvalidRequest(f"thread {params.thread_id} is archived already")
        self._change(thread, {"archived_at": self._clock()})

    @_operation
    def unarchive_thread(self, params: p.UnarchiveThreadParams, /) -> StoredThread:
        """Move a thread back to the active side and return it."""
        thread = self._visible(params.thread_id)
        if not thread.archived:
            raise InvalidRequest(f"thread {params.thread_id} is not archived")
        self._change(thread, {"archived_at": None})
        return thread.record()

    @_operation
    def delete_thread(self, params: p.DeleteThreadParams, /) -> None:
        """Remove every trace of a thread."""
        thread = self._threads.pop(params.thread_id, None)
        if thread is None or not thread.visible:
            raise ThreadNotFound(params.thread_id)
        self._index.remove(thread)

    # --- What the operations are made of ------------------------------------------------------------------------

    def _visible(self, thread_id: ThreadId) -> MemoryThread:
        thread = self._threads.get(thread_id)
        if thread is None or not thread.visible:
            raise ThreadNotFound(thread_id)
        return thread

    def _live(self, thread_id: ThreadId) -> MemoryThread:
        thread = self._threads.get(thread_id)
        if thread is None or not thread.live:
            raise ThreadNotFound(thread_id)
        return thread

    def _readable(self, thread_id: ThreadId, include_archived: bool, *, with_history: bool) -> MemoryThread:
        thread = self._visible(thread_id)
        _require_side(thread, include_archived=include_archived)
        if with_history:
            self._require_legacy(thread.fields["history_mode"])
        return thread

    def _show(self, thread: MemoryThread) -> None:
        if not thread.visible:
            thread.visible = True
            self._index.add(thread)

    def _close(self, thread: MemoryThread) -> None:
        thread.live = False
        if not thread.visible:
            del self._threads[thread.thread_id]

    def _change(self, thread: MemoryThread, changes: dict[str, Any]) -> None:
        moves = thread.visible and not changes.keys().isdisjoint((*SORT_KEYS, "archived_at"))
        if moves:
            self._index.remove(thread)
        thread.change(changes)
        if moves:
            self._index.add(thread)

    def _require_cwd(self, metadata: p.ThreadPersistenceMetadata) -> None:
        if metadata.cwd is None and self._variants.requires_cwd:
            raise InvalidRequest("metadata.cwd must be given: this store keeps no thread without one", "metadata.cwd")

    def _require_legacy(self, history_mode: str) -> None:
        if history_mode == "paginated" and not self._variants.paginated:
            raise Unsupported("paginated_threads")

    def _require_size(self, thread_id: ThreadId, items: Iterable[RolloutItem]) -> None:
        limit = self._variants.max_item_bytes
        if limit is None:
            return
        for item in items:
            size = len(orjson.dumps(item.payload))
            if size > limit:
                raise ResourceExhausted(
                    f"an item for thread {thread_id} has {size} bytes; this store takes {limit}, so split it"
                )


def _require_side(thread: MemoryThread, *, include_archived: bool) -> None:
    if thread.archived and not include_archived:
        raise InvalidRequest(f"thread {thread.thread_id} is archived; unarchive it or set include_archived")
