"""Broken session layers of ROUTE-1: loaded threads and cold ones are not told apart, or told apart too well."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import UNSET, Internal, StoredThreadHistory, ThreadNotFound, ThreadStoreError
from threadstore.live_thread import EphemeralThread
from threadstore.patch import is_empty
from threadstore.policy import canonical_items
from threadstore.session import LoadedThreads
from threadstore.thread_manager import ThreadManager

from ..local import CAPABILITIES, LocalThreadStore
from .passing import Passing
from .swapped import layer, layers_in, over


def _local(home: Any, clock: Any) -> LocalThreadStore:
    return LocalThreadStore(home, clock=clock)


@layer("ROUTE-1", part="live_thread.LiveThread.update_metadata")
def shows_the_old_name(good: Any, live: Any, patch: Any, **how: Any) -> Any:
    """Shows a renamed thread under its old name while it is loaded."""
    before = live.name
    stored = good(live, patch, **how)
    live.name = before
    return stored


@layer("ROUTE-1")
class PatchesAnyLoadedThread(ThreadManager):
    """Patches a loaded archived thread without include_archived."""

    def update_thread_metadata(self, params: Any) -> Any:
        is_loaded = params.thread_id in self._sessions
        return super().update_thread_metadata(evolve(params, include_archived=params.include_archived or is_loaded))


@layer("ROUTE-1")
class PatchesAnyColdThread(ThreadManager):
    """Patches a cold archived thread without include_archived."""

    def update_thread_metadata(self, params: Any) -> Any:
        is_loaded = params.thread_id in self._sessions
        return super().update_thread_metadata(evolve(params, include_archived=params.include_archived or not is_loaded))


@layer("ROUTE-1")
class PatchesNothingCold(ThreadManager):
    """Answers missing where a cold thread is patched."""

    def update_thread_metadata(self, params: Any) -> Any:
        if params.thread_id not in self._sessions:
            raise ThreadNotFound(params.thread_id)
        return super().update_thread_metadata(params)


@layer("SYNC-2")
class PatchesAroundTheLiveThread(ThreadManager):
    """Patches a loaded thread in the store, past what its live thread has pending."""

    def update_thread_metadata(self, params: Any) -> Any:
        session = self._sessions.get(params.thread_id)
        if session is None or session.thread.ephemeral:
            return super().update_thread_metadata(params)
        stored = self._store.update_thread_metadata(params)
        session.writer.name = stored.name
        return stored


@layer("ROUTE-1")
class WrapsErrors(ThreadManager):
    """Answers failed for every error of a patch."""

    def update_thread_metadata(self, params: Any) -> Any:
        try:
            return super().update_thread_metadata(params)
        except ThreadStoreError as error:
            raise Internal(str(error)) from error


class _PatchesColdThreadsPastTheIndex(Passing):
    def update_thread_metadata(self, params: Any) -> Any:
        index = self.home / "session_index.jsonl"
        before = index.read_bytes() if index.exists() else None
        is_live = params.thread_id in self.__dict__.get("live", ())
        thread = self.good.update_thread_metadata(params)
        if not is_live and params.patch.name is not UNSET and before is not None:
            index.write_bytes(before)
        elif not is_live and params.patch.name is not UNSET:
            index.unlink(missing_ok=True)
        return thread

    def create_thread(self, params: Any) -> None:
        self.good.create_thread(params)
        self.__dict__.setdefault("live", set()).add(params.thread_id)

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        self.__dict__.setdefault("live", set()).add(params.thread_id)

    def shutdown_thread(self, params: Any) -> None:
        self.good.shutdown_thread(params)
        self.__dict__.get("live", set()).discard(params.thread_id)


@layer("LOCAL-1", store=over(_PatchesColdThreadsPastTheIndex, CAPABILITIES, _local))
class NamesColdThreadsPastTheIndex(ThreadManager):
    """Leaves the name index as it was when a cold thread is renamed."""


@layer("ROUTE-1")
class NamesColdThreadsForTheProcess(ThreadManager):
    """Keeps a cold thread's new name in memory, and stores it nowhere."""

    def update_thread_metadata(self, params: Any) -> Any:
        name = params.patch.name
        if params.thread_id in self._sessions or name is UNSET:
            return super().update_thread_metadata(params)
        stored = super().update_thread_metadata(evolve(params, patch=evolve(params.patch, name=UNSET)))
        return evolve(stored, name=name)


@layer("ROUTE-1b", part="live_thread.EphemeralThread.update_metadata")
def calls_ephemeral_threads_missing(good: Any, live: Any, patch: Any, **how: Any) -> Any:
    """Answers missing where an ephemeral thread is patched."""
    raise ThreadNotFound(live.thread_id)


@layer("ROUTE-1b")
class TakesEmptyPatchesOfEphemeralThreads(ThreadManager):
    """Answers missing where an ephemeral thread is patched with nothing."""

    def update_thread_metadata(self, params: Any) -> Any:
        is_passed_on = is_empty(params.patch)
        return self._store.update_thread_metadata(params) if is_passed_on else super().update_thread_metadata(params)


@layer("ROUTE-1b")
class StoresEphemeralThreads(ThreadManager):
    """Stores an ephemeral thread as any other."""

    def _create(self, thread: Any) -> Any:
        return super()._create(evolve(thread, ephemeral=False))


@layer("ROUTE-1b")
class ListsNothingEphemeral(ThreadManager):
    """Leaves ephemeral threads out of those that are loaded."""

    def list_loaded(self, params: Any) -> Any:
        loaded = (thread_id for thread_id, session in self._sessions.items() if not session.thread.ephemeral)
        return LoadedThreads(tuple(sorted(loaded)))


@layer("ROUTE-1b")
class UnloadsEphemeralThreadsAtDelete(ThreadManager):
    """Unloads an ephemeral thread that is deleted."""

    def delete_thread(self, params: Any) -> None:
        try:
            super().delete_thread(params)
        except ThreadStoreError:
            self._sessions.pop(params.thread_id, None)
            raise


@layer("ROUTE-1b", part="thread_manager.EphemeralThread")
class CountsNothingEphemeral(EphemeralThread):
    """Does not count the turns of an ephemeral thread."""

    def append_items(self, items: Any) -> None:
        before = self.turns
        self.turns = type(before)()
        super().append_items(items)
        self.turns = before


@layer("ROUTE-1b")
class ChecksNothingEphemeral(ThreadManager):
    """Appends to an ephemeral thread what is no JSON."""

    def append_items(self, params: Any) -> None:
        session = self._sessions.get(params.thread_id)
        if session and session.thread.ephemeral:
            session.writer.turns.observe(canonical_items(params.items))
        else:
            super().append_items(params)


@layer("ROUTE-1b")
class CountsNoCopies(ThreadManager):
    """Forks to an ephemeral thread without what it copies."""

    def _begin(self, thread: Any, items: Any = (), **how: Any) -> Any:
        return super()._begin(thread, () if thread.ephemeral else items, **how)


@layer("ROUTE-1b")
class ReadsEphemeralThreads(ThreadManager):
    """Returns an empty history of an ephemeral thread."""

    def load_history(self, params: Any) -> Any:
        session = self._sessions.get(params.thread_id)
        if session is None or not session.thread.ephemeral:
            return super().load_history(params)
        return StoredThreadHistory(params.thread_id, ())


LAYERS = layers_in(globals())
