"""Broken session layers that one clause alone rejects: what they break, nothing else demands."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import UNSET, ReadThreadParams
from threadstore.git_facts import observe_git
from threadstore.patch import ThreadMetadataPatch, merge
from threadstore.thread_manager import ThreadManager

from .swapped import layer, layers_in


@layer("ORIG-2b")
class ResumesTheArchivedUnderItsOwnName(ThreadManager):
    """Resumes an archived thread under what the process calls itself."""

    def _resume_cold(self, params: Any) -> Any:
        shown = super()._resume_cold(params)
        if self._stored(params.thread_id).archived_at is None:
            return shown
        session = self._sessions[params.thread_id]
        session.thread = evolve(session.thread, originator=self._settings.default_originator)
        return session.show()


@layer("ORIG-3f", part="thread_manager.outbound_request")
def reports_memories_as_written(
    good: Any, thread: Any, consumer: Any, settings: Any, *, written_originator: Any
) -> Any:
    """Reports stage one of the memories with the originator that was written at creation, an override or not."""
    named = evolve(thread, originator=written_originator) if consumer == "memory_telemetry" else thread
    return good(named, consumer, settings, written_originator=written_originator)


@layer("FORK-1", part="thread_manager.cut")
def forks_the_first_hundreds(good: Any, items: Any, params: Any) -> Any:
    """Copies no more than 512 items to a fork."""
    return good(items, params)[:512]


@layer("RESUME-2", part="live_thread.LiveThread.resume")
def stores_the_caller_s_repository(good: Any, store: Any, params: Any, **how: Any) -> Any:
    """Stores the git facts of the caller's directory with the first append after a resume, if the thread has none."""
    live = good(store, params, **how)
    read = ReadThreadParams(thread_id=params.thread_id, include_archived=True)
    if store.read_thread(read).git_info is None:
        facts = ThreadMetadataPatch(git_info=observe_git(params.metadata.cwd))
        live._sync.pending = merge(live._sync.pending, facts)
    return live


@layer("RESUME-2")
class NamesInTheCallerSMode(ThreadManager):
    """Stores the caller's memory mode with a name that is given to a resumed thread."""

    def update_thread_metadata(self, params: Any) -> Any:
        stored = super().update_thread_metadata(params)
        session = self._sessions.get(params.thread_id)
        if session is None or params.patch.name is UNSET or session.thread.memory_mode == stored.memory_mode:
            return stored
        memory_mode = ThreadMetadataPatch(memory_mode=session.thread.memory_mode)
        return super().update_thread_metadata(evolve(params, patch=memory_mode))


LAYERS = layers_in(globals())
