"""The bug museum's session layers: faults that Codex's users reported, each modelled on the issues that it names."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import Internal, ThreadMetadataPatch, ThreadStoreError, UpdateThreadMetadataParams
from threadstore.errors import MetadataUpdateFailed
from threadstore.live_thread import LiveThread
from threadstore.loaded import Session
from threadstore.thread_manager import ThreadManager
from threadstore.turns import TurnScan

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Passing
from .swapped import layer, layers_in, over

_LAZY = over(Passing, evolve(MEMORY_CAPABILITIES, lazy=True))


@layer("FORK-1", store=_LAZY, issue="openai/codex#36061")
class BeginsForksOfTheHidden(ThreadManager):
    """Loads the fork of a thread that is not stored yet, and fails then."""

    def fork_thread(self, params: Any) -> Any:
        try:
            return super().fork_thread(params)
        except ThreadStoreError:
            source = self._sessions.get(params.thread_id)
            if source is not None and not source.thread.ephemeral:
                thread = evolve(source.thread, thread_id=self._new_id(), forked_from_id=params.thread_id)
                self._sessions[thread.thread_id] = Session(thread, self._create(thread), thread.originator)
            raise


@layer("TURN-1", part="live_thread.LiveThread.resume", issue="openai/codex#32851")
def takes_nothing_back_from_before_a_compaction(good: Any, store: Any, params: Any, **how: Any) -> Any:
    """Leaves a turn in effect at a resume that was taken back after it had compacted the history."""
    live = good(store, params, **how)
    turns, compacted = TurnScan(), list[int]()
    for item in params.history:
        if item.type == "compacted":
            compacted = [*turns.positions]
        turns.observe([item])
        if len(turns.positions) < len(compacted):
            turns.positions = [*compacted]
    live.turns = turns
    return live


@layer("SYNC-4", part="thread_manager.LiveThread", issue="openai/codex PR#15095")
class GivesUpAfterAFailure(LiveThread):
    """Appends nothing more to a thread once an append of it has failed."""

    def append_items(self, items: Any) -> None:
        if self.__dict__.get("failed"):
            raise Internal(f"the writer of {self.thread_id} has failed before")
        try:
            super().append_items(items)
        except MetadataUpdateFailed:
            raise
        except Internal:
            self.__dict__["failed"] = True
            raise


@layer("SYNC-4", "ROUTE-2", issue="openai/codex#39451")
class ForgetsWhatItFailedToArchive(ThreadManager):
    """Unloads a thread whose archive failed."""

    def archive_thread(self, params: Any) -> None:
        try:
            super().archive_thread(params)
        except Internal:
            self._sessions.pop(params.thread_id, None)
            raise


@layer("ROUTE-2", issue="openai/codex PR#25018")
class TakesTheNameBeforeItDeletes(ThreadManager):
    """Clears the name of a thread before it is deleted, so that one whose deletion fails has none."""

    def _delete(self, thread_id: Any) -> None:
        patch = ThreadMetadataPatch(name=None)
        update = UpdateThreadMetadataParams(thread_id=thread_id, patch=patch, include_archived=True)
        if thread_id in self._sessions:
            self._sessions[thread_id].writer.name = None
        self._store.update_thread_metadata(update)
        super()._delete(thread_id)


@layer("SYNC-4", part="thread_manager.LiveThread", issue="openai/codex#31184, openai/codex#28666, openai/codex#46269")
class ClosesWhenMetadataFails(LiveThread):
    """Closes the writer of a thread of which the store takes no metadata."""

    def append_items(self, items: Any) -> None:
        try:
            super().append_items(items)
        except MetadataUpdateFailed:
            self.discard()
            raise


LAYERS = layers_in(globals())
