"""Broken session layers of FORK-1 to FORK-1c: copies that are no threads of their own, or stay tied to their source."""

from __future__ import annotations

from collections import Counter
from typing import Any

from attrs import evolve

from threadstore import (
    AppendThreadItemsParams,
    ArchiveThreadParams,
    DeleteThreadParams,
    ReadThreadParams,
    RolloutItem,
    ThreadMetadataPatch,
)
from threadstore.fork import session_metas
from threadstore.policy import canonical_items
from threadstore.thread_manager import ThreadManager

from .swapped import layer, layers_in


@layer("FORK-1", part="thread_manager.forked")
def forks_into_the_source_s_session(good: Any, thread_id: Any, params: Any, facts: Any, originator: Any) -> Any:
    """Gives a fork its source's id as session_id."""
    return evolve(good(thread_id, params, facts, originator), session_id=params.thread_id)


@layer("FORK-1")
class KeepsTheSourceSId(ThreadManager):
    """Shows a fork's own session_meta with its source's id."""

    def load_history(self, params: Any) -> Any:
        history = super().load_history(params)
        first, *rest = history.items
        payload = {**first.payload, "id": first.payload.get("forked_from_id") or first.payload["id"]}
        return evolve(history, items=(RolloutItem(first.type, payload), *rest))


@layer("FORK-1")
class NamesTheFirstOfAllSources(ThreadManager):
    """Names the source's own source as the source of a fork of a fork."""

    def _begin(self, thread: Any, items: Any = (), **how: Any) -> Any:
        metas = [*session_metas(items)]
        if thread.forked_from_id and metas and metas[0].forked_from_id:
            thread = evolve(thread, forked_from_id=metas[0].forked_from_id)
        return super()._begin(thread, items, **how)


@layer("FORK-1", part="thread_manager.cut")
def copies_no_session_meta(good: Any, items: Any, params: Any) -> Any:
    """Leaves the source's session_meta items out of a fork."""
    return tuple(item for item in good(items, params) if item.type != "session_meta")


@layer("FORK-1", part="thread_manager.forked")
def forks_have_a_parent(good: Any, thread_id: Any, params: Any, facts: Any, originator: Any) -> Any:
    """Makes a fork a child of its source."""
    return evolve(good(thread_id, params, facts, originator), parent_thread_id=params.thread_id)


@layer("FORK-1")
class ForksKeepTheSourceSSource(ThreadManager):
    """Gives a fork the source and thread_source of the thread that was copied."""

    def _begin(self, thread: Any, items: Any = (), **how: Any) -> Any:
        metas = [*session_metas(items)]
        if thread.forked_from_id and metas:
            thread = evolve(thread, source=metas[0].source, thread_source=metas[0].thread_source)
        return super()._begin(thread, items, **how)


@layer("FORK-1")
class ForksNothingArchived(ThreadManager):
    """Refuses to fork an archived thread."""

    def _snapshot(self, thread_id: Any) -> Any:
        self._store.read_thread(ReadThreadParams(thread_id=thread_id))
        return super()._snapshot(thread_id)


@layer("FORK-1")
class ForksEphemeralThreads(ThreadManager):
    """Forks an ephemeral thread with an empty history."""

    def _snapshot(self, thread_id: Any) -> Any:
        session = self._sessions.get(thread_id)
        is_ephemeral = session is not None and session.thread.ephemeral
        return () if is_ephemeral else super()._snapshot(thread_id)


@layer("FORK-1", "FORK-2b")
class CopiesWhatWasFlushed(ThreadManager):
    """Copies of a loaded thread what it had at its last barrier."""

    def append_items(self, params: Any) -> None:
        super().append_items(params)
        self._since_barrier()[params.thread_id] += len(canonical_items(params.items))

    def flush_thread(self, params: Any) -> None:
        super().flush_thread(params)
        del self._since_barrier()[params.thread_id]

    def _snapshot(self, thread_id: Any) -> Any:
        items = super()._snapshot(thread_id)
        return items[: len(items) - self._since_barrier()[thread_id]]

    def _since_barrier(self) -> Counter[str]:
        counts: Counter[str] = self.__dict__.setdefault("since_barrier", Counter())
        return counts


@layer("FORK-1")
class UnloadsForks(ThreadManager):
    """Returns a fork that is not loaded."""

    def fork_thread(self, params: Any) -> Any:
        fork = super().fork_thread(params)
        del self._sessions[fork.thread_id]
        return fork


@layer("FORK-1c")
class SharesTheList(ThreadManager):
    """Appends to the forks of a thread what is appended to the thread."""

    def append_items(self, params: Any) -> None:
        super().append_items(params)
        for session in list(self._sessions.values()):
            if session.thread.forked_from_id == params.thread_id:
                session.writer.append_items(params.items)


@layer("FORK-1c")
class WritesThroughToTheSource(ThreadManager):
    """Appends to the source of a loaded fork what is appended to the fork."""

    def append_items(self, params: Any) -> None:
        super().append_items(params)
        forked_from = self._loaded(params.thread_id).thread.forked_from_id
        source = self._sessions.get(forked_from) if forked_from else None
        if source is not None:
            source.writer.append_items(params.items)


@layer("FORK-1c")
class InterruptsTheSource(ThreadManager):
    """Writes the end of an interrupted turn into the source too."""

    def fork_thread(self, params: Any) -> Any:
        session = self._sessions.get(params.thread_id)
        if params.cut == "interrupted" and session and session.writer.turns.unfinished is not None:
            ended = RolloutItem("event_msg", {"type": "turn_aborted", "reason": "interrupted"})
            self.append_items(AppendThreadItemsParams(thread_id=params.thread_id, items=(ended,)))
        return super().fork_thread(params)


@layer("FORK-1c")
class DeletesForksAlong(ThreadManager):
    """Deletes the loaded forks of a thread that is deleted."""

    def delete_thread(self, params: Any) -> None:
        super().delete_thread(params)
        for session in list(self._sessions.values()):
            if session.thread.forked_from_id == params.thread_id:
                self.delete_thread(DeleteThreadParams(thread_id=session.thread.thread_id))


@layer("FORK-1c")
class ArchivesTheSourceAlong(ThreadManager):
    """Archives the source of a fork that is archived."""

    def archive_thread(self, params: Any) -> None:
        session = self._sessions.get(params.thread_id)
        super().archive_thread(params)
        if session is not None and session.thread.forked_from_id:
            super().archive_thread(ArchiveThreadParams(thread_id=session.thread.forked_from_id))


@layer("FORK-1c")
class RenamesForksAlong(ThreadManager):
    """Names the loaded forks of a thread as the thread."""

    def update_thread_metadata(self, params: Any) -> Any:
        for session in list(self._sessions.values()):
            if session.thread.forked_from_id == params.thread_id and params.patch.name:
                session.writer.update_metadata(ThreadMetadataPatch(name=params.patch.name))
        return super().update_thread_metadata(params)


LAYERS = layers_in(globals())
