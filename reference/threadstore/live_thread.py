"""A thread that a session has open: history goes to the store first, and then what it says of the metadata.

1.  An append is filtered by the policy and given to the store; what the store accepted is observed, and emitted as a
    patch. If the patch fails the history stays accepted and is never sent again: `MetadataUpdateFailed` says so.
2.  persist, flush and shutdown are *barriers*: what is pending goes out, or they fail. Deferred facts wait for an item;
    those of creation no longer than until persist, which makes the thread visible. discard sends nothing.
3.  An explicit patch goes out in one update together with what is pending, so the store takes both or neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from . import params as p
from .clock import system_clock
from .errors import Internal, InvalidRequest, MetadataUpdateFailed, ThreadStoreError
from .fields import check_fields
from .git_facts import observe_git
from .ids import Clock, ThreadId
from .items import RolloutItem
from .metadata_sync import NOTHING, MetadataSync
from .patch import ThreadMetadataPatch, is_empty, merge
from .policy import canonical_items
from .store import ThreadStore
from .thread import MemoryMode, StoredThread
from .turns import TurnScan


class LiveThread:
    """The open writer of a stored thread, and the metadata that follows from what it writes."""

    def __init__(self, store: ThreadStore, thread_id: ThreadId, sync: MetadataSync, clock: Clock) -> None:
        self.thread_id = thread_id
        #: The name that a user gave the thread.
        self.name: str | None = None
        #: The turns of the whole history.
        self.turns = TurnScan()
        self._store = store
        self._sync = sync
        self._clock = clock

    @classmethod
    def create(
        cls, store: ThreadStore, params: p.CreateThreadParams, *, clock: Clock = system_clock, cli_version: str = ""
    ) -> LiveThread:
        """Create a thread and open its writer."""
        check_fields(params)
        git_info = observe_git(params.metadata.cwd)
        sync = MetadataSync.created(params, cli_version=cli_version, git_info=git_info)
        with _discarding_if_failed(store, params.thread_id):
            store.create_thread(params)
        return cls(store, params.thread_id, sync, clock)

    @classmethod
    def resume(cls, store: ThreadStore, params: p.ResumeThreadParams, *, clock: Clock = system_clock) -> LiveThread:
        """Open the writer of a stored thread, last of all: what fails before leaves none open."""
        check_fields(params)
        items = params.history
        if items is None:
            history = p.LoadThreadHistoryParams(thread_id=params.thread_id, include_archived=params.include_archived)
            items = store.load_history(history).items
        read = p.ReadThreadParams(thread_id=params.thread_id, include_archived=params.include_archived)
        stored = store.read_thread(read)
        sync = MetadataSync.resumed(stored, items)
        with _discarding_if_failed(store, params.thread_id):
            store.resume_thread(params)
        live = cls(store, params.thread_id, sync, clock)
        live.name = stored.name
        live.turns.observe(items)
        return live

    def append_items(self, items: Sequence[RolloutItem]) -> None:
        """Append the items that the policy keeps, and send what they say."""
        check_fields(p.AppendThreadItemsParams(thread_id=self.thread_id, items=items))
        kept = canonical_items(items)
        if not kept:
            return
        self._store.append_items(p.AppendThreadItemsParams(thread_id=self.thread_id, items=kept))
        now = self._clock()
        self.turns.observe(kept)
        self._sync.observe(kept, now)
        if not self._sync.may_wait(now):
            self._send_pending()

    def persist(self) -> None:
        """Make the thread visible; a barrier for what creation knows too."""
        self._store.persist_thread(p.PersistThreadParams(thread_id=self.thread_id))
        self._sync.persisted()
        self._send_undeferred()

    def flush(self) -> None:
        """Write what is buffered; a barrier for what is not deferred."""
        self._store.flush_thread(p.FlushThreadParams(thread_id=self.thread_id))
        self._send_undeferred()

    def shutdown(self) -> None:
        """Send what is not deferred, then close the writer; after a failure the thread is still live."""
        self._send_undeferred()
        self._store.shutdown_thread(p.ShutdownThreadParams(thread_id=self.thread_id))

    def discard(self) -> None:
        """Close the writer and send nothing."""
        self._store.discard_thread(p.DiscardThreadParams(thread_id=self.thread_id))

    def update_metadata(self, patch: ThreadMetadataPatch, *, include_archived: bool = False) -> StoredThread:
        """Send a caller's patch together with what is pending, and return the thread as it is then."""
        if is_empty(patch):
            stored = self._store.update_thread_metadata(self._update(patch, include_archived))
        else:
            stored = self._send(patch, include_archived=include_archived)
            self._sync.set_explicitly(patch)
        self.name = stored.name
        return stored

    def update_memory_mode(self, memory_mode: MemoryMode, *, include_archived: bool = False) -> StoredThread:
        """Set the memory mode."""
        return self.update_metadata(ThreadMetadataPatch(memory_mode=memory_mode), include_archived=include_archived)

    def _send_undeferred(self) -> None:
        if not self._sync.deferred:
            self._send_pending()

    def _send_pending(self) -> None:
        if is_empty(self._sync.pending):
            return
        try:
            self._send(NOTHING, include_archived=True)
        except ThreadStoreError as error:
            raise MetadataUpdateFailed(error, self._sync.history_accepted) from error

    def _send(self, patch: ThreadMetadataPatch, *, include_archived: bool) -> StoredThread:
        pending, generation = self._sync.pending, self._sync.generation
        stored = self._store.update_thread_metadata(self._update(merge(pending, patch), include_archived))
        self._sync.acknowledge(pending, generation)
        return stored

    def _update(self, patch: ThreadMetadataPatch, include_archived: bool) -> p.UpdateThreadMetadataParams:
        return p.UpdateThreadMetadataParams(thread_id=self.thread_id, patch=patch, include_archived=include_archived)


@contextmanager
def _discarding_if_failed(store: ThreadStore, thread_id: ThreadId) -> Iterator[None]:
    try:
        yield
    except Internal:
        # A store that refused has opened nothing; one that failed may have opened the writer before.
        with suppress(Exception):
            store.discard_thread(p.DiscardThreadParams(thread_id=thread_id))
        raise


class EphemeralThread:
    """A thread of which nothing is stored: the same methods, and its turns are counted."""

    def __init__(self, thread_id: ThreadId, name: str | None = None) -> None:
        self.thread_id = thread_id
        self.name = name
        self.turns = TurnScan()

    def append_items(self, items: Sequence[RolloutItem]) -> None:
        """Count the turns of the items that the policy keeps; refuse what a store refuses."""
        check_fields(p.AppendThreadItemsParams(thread_id=self.thread_id, items=items))
        kept = canonical_items(items)
        if any(item.type == "session_meta" and item.payload.get("id") == self.thread_id for item in kept):
            raise InvalidRequest(f"ephemeral thread {self.thread_id} may hold no session_meta of its own")
        self.turns.observe(kept)

    def persist(self) -> None:
        """Do nothing: there is nothing to make visible."""

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""

    def shutdown(self) -> None:
        """Do nothing: there is no writer."""

    def discard(self) -> None:
        """Do nothing: there is no writer."""

    def update_metadata(self, patch: ThreadMetadataPatch, *, include_archived: bool = False) -> StoredThread:
        """Refuse: there is no metadata."""
        raise InvalidRequest(f"ephemeral thread does not support metadata updates: {self.thread_id}")
