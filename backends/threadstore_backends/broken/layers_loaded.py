"""Broken session layers of ROUTE-2: threads that are loaded and should not be, or the other way round."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import (
    ArchiveThreadParams,
    DeleteThreadParams,
    ListThreadsParams,
    ResumeParams,
    ShutdownThreadParams,
    ThreadMetadataPatch,
    ThreadPersistenceMetadata,
    ThreadStoreError,
    UpdateThreadMetadataParams,
)
from threadstore.policy import canonical_items
from threadstore.session import LoadedThreads
from threadstore.thread_manager import ThreadManager

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Passing
from .swapped import layer, layers_in, over

_LAZY = over(Passing, evolve(MEMORY_CAPABILITIES, lazy=True))


@layer("ROUTE-2")
class ListsTheLatestFirst(ThreadManager):
    """Lists the thread first that was loaded last."""

    def list_loaded(self, params: Any) -> Any:
        return LoadedThreads(tuple(reversed(self._sessions)))


@layer("ROUTE-2")
class ListsColdThreads(ThreadManager):
    """Lists every stored thread among those that are loaded."""

    def list_loaded(self, params: Any) -> Any:
        stored = self._store.list_threads(ListThreadsParams(page_size=100, model_providers=())).items
        return LoadedThreads(tuple(sorted({*self._sessions, *(thread.thread_id for thread in stored)})))


@layer("ROUTE-2")
class LoadsColdThreadsToAppend(ThreadManager):
    """Loads a cold thread when something is appended to it."""

    def append_items(self, params: Any) -> None:
        if params.thread_id not in self._sessions:
            metadata = ThreadPersistenceMetadata(cwd="/src/nowhere")
            self._resume_cold(ResumeParams(thread_id=params.thread_id, metadata=metadata, include_archived=True))
        super().append_items(params)


@layer("ROUTE-2")
class AnswersForColdThreads(ThreadManager):
    """Answers Ok where a cold thread is flushed or persisted."""

    def flush_thread(self, params: Any) -> None:
        if params.thread_id in self._sessions:
            super().flush_thread(params)

    def persist_thread(self, params: Any) -> None:
        if params.thread_id in self._sessions:
            super().persist_thread(params)


@layer("ROUTE-2")
class RefusesToDiscardColdThreads(ThreadManager):
    """Answers missing where a thread is discarded that is not loaded."""

    def discard_thread(self, params: Any) -> None:
        self._loaded(params.thread_id)
        super().discard_thread(params)


@layer("ROUTE-2")
class KeepsClosedThreadsLoaded(ThreadManager):
    """Leaves a thread loaded whose writer was shut down."""

    def shutdown_thread(self, params: Any) -> None:
        self._loaded(params.thread_id).writer.shutdown()


@layer("ROUTE-2", part="live_thread.LiveThread.discard")
def discards_with_a_barrier(good: Any, live: Any) -> Any:
    """Sends what is pending at a discard."""
    live._send_pending()
    good(live)


@layer("ROUTE-2")
class ArchivesUnderTheSession(ThreadManager):
    """Archives a loaded thread and leaves it loaded."""

    def _archive(self, thread_id: Any) -> None:
        self._store.archive_thread(ArchiveThreadParams(thread_id=thread_id))


@layer("ROUTE-2")
class ArchivesWithoutABarrier(ThreadManager):
    """Archives a loaded thread without sending what is pending."""

    def _archive(self, thread_id: Any) -> None:
        if thread_id in self._sessions:
            self._sessions.pop(thread_id).writer.discard()
        super()._archive(thread_id)


@layer("ROUTE-2")
class UnloadsWhatIsArchived(ThreadManager):
    """Shuts a loaded thread down though it is archived already."""

    def archive_thread(self, params: Any) -> None:
        if params.thread_id in self._sessions and not self._sessions[params.thread_id].thread.ephemeral:
            self.shutdown_thread(ShutdownThreadParams(thread_id=params.thread_id))
        super().archive_thread(params)


@layer("ROUTE-2")
class UnloadsAtUnarchive(ThreadManager):
    """Shuts a loaded thread down when it is moved back."""

    def unarchive_thread(self, params: Any) -> Any:
        stored = super().unarchive_thread(params)
        if params.thread_id in self._sessions:
            self.shutdown_thread(ShutdownThreadParams(thread_id=params.thread_id))
        return stored


@layer("ROUTE-2")
class KeepsDeletedThreadsLoaded(ThreadManager):
    """Leaves a deleted thread loaded."""

    def _delete(self, thread_id: Any) -> None:
        self._store.delete_thread(DeleteThreadParams(thread_id=thread_id))


@layer("ROUTE-2", store=_LAZY)
class KeepsHiddenThreadsLoaded(ThreadManager):
    """Leaves a hidden thread loaded that is deleted."""

    def _delete(self, thread_id: Any) -> None:
        session = self._sessions.get(thread_id)
        try:
            super()._delete(thread_id)
        except ThreadStoreError:
            if session is not None:
                self._sessions[thread_id] = session
            raise


@layer("ROUTE-2")
class ChecksWhatItKeeps(ThreadManager):
    """Checks no item that the policy drops."""

    def append_items(self, params: Any) -> None:
        self._loaded(params.thread_id).writer.append_items(canonical_items(params.items))


@layer("ROUTE-2")
class AppendsUpToWhatIsNoJson(ThreadManager):
    """Keeps the items of a batch before the first that is refused."""

    def append_items(self, params: Any) -> None:
        for item in params.items:
            self._loaded(params.thread_id).writer.append_items([item])


@layer("ROUTE-2", part="live_thread.LiveThread.append_items")
def touches_for_nothing(good: Any, live: Any, items: Any) -> Any:
    """Moves updated_at for an append of which nothing is kept."""
    good(live, items)
    if items and not canonical_items(items):
        patch = ThreadMetadataPatch(updated_at=live._clock() + 1)
        live._store.update_thread_metadata(
            UpdateThreadMetadataParams(thread_id=live.thread_id, patch=patch, include_archived=True)
        )


@layer("ROUTE-2", part="live_thread.LiveThread.append_items")
def appends_two_at_a_time_backwards(good: Any, live: Any, items: Any) -> Any:
    """Appends a batch's last item first."""
    good(live, tuple(items)[::-1])


@layer("ROUTE-2", part="thread_manager.started")
def starts_without_what_was_given(good: Any, thread_id: Any, params: Any, originator: Any) -> Any:
    """Answers a start without the capability roots and the version that the caller gave."""
    return evolve(good(thread_id, params, originator), selected_capability_roots=(), multi_agent_version=None)


@layer("ROUTE-2", part="thread_manager.started")
def starts_in_one_session(good: Any, thread_id: Any, params: Any, originator: Any) -> Any:
    """Gives a thread the session of its parent at a start."""
    return evolve(good(thread_id, params, originator), session_id=params.forked_from_id or "session")


LAYERS = layers_in(globals())
