"""Broken session layers of SYNC-3 to SYNC-5: facts come early, late or never, and failures are hidden."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import (
    UNSET,
    GitInfoPatch,
    MetadataUpdateFailed,
    PersistThreadParams,
    ShutdownThreadParams,
    ThreadStoreError,
)
from threadstore.live_thread import LiveThread
from threadstore.metadata_sync import NOTHING
from threadstore.policy import canonical_items
from threadstore.thread_manager import ThreadManager

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Passing
from .swapped import layer, layers_in, over

_LAZY = over(Passing, evolve(MEMORY_CAPABILITIES, lazy=True))


@layer("SYNC-3", part="live_thread.LiveThread._send_undeferred")
def sends_what_creation_knows_at_every_barrier(good: Any, live: Any) -> Any:
    """Sends at a flush what creation and resume know."""
    live._send_pending()


@layer("SYNC-3", store=_LAZY, part="live_thread.LiveThread.flush")
def shows_threads_at_a_flush(good: Any, live: Any) -> Any:
    """Makes a thread visible at a flush."""
    live.persist()


@layer("SYNC-3", part="live_thread.LiveThread.persist")
def sends_nothing_at_persist(good: Any, live: Any) -> Any:
    """Does not send at persist what creation knows."""
    live._store.persist_thread(PersistThreadParams(thread_id=live.thread_id))
    live._send_undeferred()


@layer("SYNC-3", part="live_thread.LiveThread._send")
def dates_what_creation_knows(good: Any, live: Any, patch: Any, *, include_archived: Any) -> Any:
    """Moves updated_at with every update that is sent."""
    live._sync.pending = evolve(live._sync.pending, updated_at=live._clock())
    return good(live, patch, include_archived=include_archived)


@layer("SYNC-3", part="live_thread.observe_git")
def asks_no_git(good: Any, cwd: Any) -> Any:
    """Does not look for a repository."""
    return UNSET


@layer("SYNC-3", part="live_thread.observe_git")
def wants_all_of_git(good: Any, cwd: Any) -> Any:
    """Tells nothing of a repository without an origin."""
    found = good(cwd)
    is_whole = isinstance(found, GitInfoPatch) and found.origin_url is not UNSET
    return found if is_whole else UNSET


@layer("SYNC-3", part="metadata_sync.MetadataSync.resumed")
def restores_no_facts(good: Any, stored: Any, history: Any) -> Any:
    """Does not make good what a resumed thread lacks."""
    sync = good(stored, history)
    sync.pending = NOTHING
    return sync


@layer("SYNC-3", part="metadata_sync.MetadataSync.resumed")
def restores_facts_at_once(good: Any, stored: Any, history: Any) -> Any:
    """Sends at a flush what a resume found missing."""
    sync = good(stored, history)
    sync.deferred = False
    return sync


@layer("SYNC-4", part="live_thread.LiveThread._send_pending")
def hides_failures(good: Any, live: Any) -> Any:
    """Says nothing of a patch that failed."""
    try:
        good(live)
    except MetadataUpdateFailed:
        return


@layer("SYNC-4", part="live_thread.LiveThread._send_pending")
def loses_facts_that_failed(good: Any, live: Any) -> Any:
    """Drops what is pending when the store does not take it."""
    try:
        good(live)
    except MetadataUpdateFailed:
        live._sync.pending = NOTHING
        raise


@layer("SYNC-4", part="live_thread.LiveThread._send_pending")
def says_that_nothing_was_accepted(good: Any, live: Any) -> Any:
    """Says of every failed patch that no history was accepted."""
    try:
        good(live)
    except MetadataUpdateFailed as error:
        raise MetadataUpdateFailed(error.cause, False) from error


@layer("SYNC-4", part="live_thread.LiveThread._send_pending")
def passes_the_store_s_error_on(good: Any, live: Any) -> Any:
    """Lets the store's own error through, which says nothing of history."""
    try:
        good(live)
    except MetadataUpdateFailed as error:
        raise error.cause from error


@layer("SYNC-4", part="live_thread.LiveThread._send_pending")
def calls_everything_accepted(good: Any, live: Any) -> Any:
    """Says of every failed patch that history was accepted."""
    try:
        good(live)
    except MetadataUpdateFailed as error:
        raise MetadataUpdateFailed(error.cause, True) from error


@layer("SYNC-4", part="thread_manager.LiveThread")
class AppendsAgain(LiveThread):
    """Appends the items of a failed append once more with the next."""

    def append_items(self, items: Any) -> None:
        batch = [*self.__dict__.pop("failed", ()), *items]
        try:
            super().append_items(batch)
        except MetadataUpdateFailed:
            self.__dict__["failed"] = batch
            raise


@layer("SYNC-4", part="thread_manager.LiveThread")
class TriesOnceOnly(LiveThread):
    """Sends facts with an append alone, and what failed with the next one."""

    def flush(self) -> None:
        if self._sync.history_accepted:
            pending, self._sync.pending = self._sync.pending, NOTHING
            super().flush()
            self._sync.pending = pending
        else:
            super().flush()


@layer("SYNC-4", part="thread_manager.LiveThread")
class ObservesWhatFailed(LiveThread):
    """Observes items that the store did not accept."""

    def append_items(self, items: Any) -> None:
        try:
            super().append_items(items)
        except MetadataUpdateFailed:
            raise
        except ThreadStoreError:
            self._sync.observe(canonical_items(items), self._clock())
            raise


@layer("SYNC-4", part="live_thread.LiveThread.shutdown")
def closes_before_it_sends(good: Any, live: Any) -> Any:
    """Closes the writer, and sends what is pending then."""
    live._store.shutdown_thread(ShutdownThreadParams(thread_id=live.thread_id))
    live._send_undeferred()


@layer("SYNC-4")
class UnloadsWhatFailedToClose(ThreadManager):
    """Unloads a thread whose shutdown fails."""

    def shutdown_thread(self, params: Any) -> None:
        try:
            super().shutdown_thread(params)
        except ThreadStoreError:
            self._sessions.pop(params.thread_id, None)
            raise


@layer("SYNC-5", part="metadata_sync.MetadataSync.may_wait")
def floods_with_touches(good: Any, sync: Any, now: Any) -> Any:
    """Sends a touch with every append."""
    return False


@layer("SYNC-5", part="metadata_sync.MetadataSync.may_wait")
def loses_touches(good: Any, sync: Any, now: Any) -> Any:
    """Drops a touch that has to wait."""
    may_wait = good(sync, now)
    if may_wait:
        sync.pending = NOTHING
    return may_wait


@layer("SYNC-5", part="live_thread.LiveThread.shutdown")
def closes_without_sending(good: Any, live: Any) -> Any:
    """Closes the writer and sends nothing."""
    live._store.shutdown_thread(ShutdownThreadParams(thread_id=live.thread_id))


@layer("SYNC-5", part="live_thread.LiveThread.flush")
def takes_no_flush_for_a_barrier(good: Any, live: Any) -> Any:
    """Flushes history alone."""
    pending, live._sync.pending = live._sync.pending, NOTHING
    good(live)
    live._sync.pending = pending


@layer("SYNC-5", part="metadata_sync.MetadataSync.observe")
def dates_touches_at_the_first_that_waits(good: Any, sync: Any, items: Any, now: Any) -> Any:
    """Sends the time of the first append that had to wait, not of the last."""
    waiting = sync.pending.updated_at
    good(sync, items, now)
    if waiting is not UNSET:
        sync.pending = evolve(sync.pending, updated_at=waiting)


LAYERS = layers_in(globals())
