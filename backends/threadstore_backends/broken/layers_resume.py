"""Broken session layers of RESUME: what belongs to a thread is lost, or opening it moves it."""

from __future__ import annotations

from typing import Any

from attrs import evolve

from threadstore import (
    AppendThreadItemsParams,
    DiscardThreadParams,
    LoadThreadHistoryParams,
    ResumeThreadParams,
    RolloutItem,
    ThreadMetadataPatch,
    UpdateThreadMetadataParams,
)
from threadstore.fork import session_metas
from threadstore.patch import merge
from threadstore.thread_manager import ThreadManager
from threadstore.views import SessionMeta

from ..local import CAPABILITIES, LocalThreadStore
from .passing import Passing
from .swapped import layer, layers_in, over


def _local(home: Any, clock: Any) -> LocalThreadStore:
    return LocalThreadStore(home, clock=clock)


@layer("RESUME-1", part="thread_manager.resumed")
def resumes_into_a_new_session(good: Any, params: Any, written: Any, originator: Any) -> Any:
    """Makes a resumed sub-agent the root of a session of its own."""
    return evolve(good(params, written, originator), session_id=params.thread_id)


@layer("RESUME-1", part="thread_manager.resumed")
def forgets_the_tools(good: Any, params: Any, written: Any, originator: Any) -> Any:
    """Resumes without dynamic tools."""
    return evolve(good(params, written, originator), dynamic_tools=())


@layer("RESUME-1", part="thread_manager.resumed")
def forgets_the_instructions(good: Any, params: Any, written: Any, originator: Any) -> Any:
    """Resumes without base instructions."""
    return evolve(good(params, written, originator), base_instructions=None)


@layer("RESUME-1", part="thread_manager.resumed")
def forgets_the_role(good: Any, params: Any, written: Any, originator: Any) -> Any:
    """Resumes a sub-agent without its nickname, role and path."""
    thread = good(params, written, originator)
    return evolve(thread, agent_nickname=None, agent_role=None, agent_path=None)


@layer("RESUME-1", part="thread_manager.resumed")
def forgets_the_relations(good: Any, params: Any, written: Any, originator: Any) -> Any:
    """Resumes without parent and source of a fork."""
    return evolve(good(params, written, originator), parent_thread_id=None, forked_from_id=None)


@layer("RESUME-1", part="loaded.with_spawn_facts")
def reads_no_parent_from_the_source(good: Any, thread: Any) -> Any:
    """Does not look for a parent in the source of a sub-agent."""
    return evolve(good(thread), parent_thread_id=thread.parent_thread_id)


@layer("RESUME-1", part="thread_manager.resumed")
def forgets_the_source(good: Any, params: Any, written: Any, originator: Any) -> Any:
    """Resumes as if the thread had been begun where it is resumed."""
    return evolve(good(params, written, originator), source="vscode", thread_source=None)


@layer("RESUME-1", part="thread_manager.restored")
def restores_from_the_last_session_meta(good: Any, thread_id: Any, items: Any) -> Any:
    """Takes what a thread is from the last session_meta of its history."""
    last = [*session_metas(items)][-1]
    return evolve(
        good(thread_id, items),
        forked_from_id=last.forked_from_id,
        source=last.source,
        thread_source=last.thread_source,
        selected_capability_roots=last.selected_capability_roots,
    )


@layer("RESUME-1", part="loaded.inherited")
def restores_tools_of_the_first_session_meta(good: Any, items: Any) -> Any:
    """Does not look behind the first session_meta for instructions and tools."""
    return good(items[:1])


@layer("RESUME-1", part="loaded.version_of_contexts")
def asks_no_turn_context_at_resume(good: Any, items: Any) -> Any:
    """Does not look for a multi-agent version in turn contexts when a thread is resumed."""


@layer("RESUME-1", part="live_thread.LiveThread.resume")
def forgets_the_name(good: Any, store: Any, params: Any, **how: Any) -> Any:
    """Resumes a thread without its name."""
    live = good(store, params, **how)
    live.name = None
    return live


@layer("RESUME-1", part="live_thread.LiveThread.resume")
def counts_turns_from_the_resume(good: Any, store: Any, params: Any, **how: Any) -> Any:
    """Counts the turns of the session alone."""
    live = good(store, params, **how)
    live.turns = type(live.turns)()
    return live


@layer("RESUME-1")
class ResumesArchivedUnasked(ThreadManager):
    """Resumes an archived thread without include_archived."""

    def resume_thread(self, params: Any) -> Any:
        return super().resume_thread(evolve(params, include_archived=True))


@layer("RESUME-1")
class ResumesAsFork(ThreadManager):
    """Makes a new thread when one is resumed."""

    def _resume_cold(self, params: Any) -> Any:
        thread = super()._resume_cold(params)
        self._sessions.pop(thread.thread_id).writer.discard()
        return self._begin(evolve(thread, thread_id=self._new_id()), self._snapshot(params.thread_id), persist=True)


@layer("RESUME-2", part="live_thread.LiveThread.resume", issue="openai/codex#46383")
def writes_a_session_meta_at_resume(good: Any, store: Any, params: Any, **how: Any) -> Any:
    """Appends a second session_meta when a thread is resumed."""
    live = good(store, params, **how)
    payload = SessionMeta(params.thread_id, cwd=params.metadata.cwd).payload()
    again = AppendThreadItemsParams(thread_id=params.thread_id, items=(RolloutItem("session_meta", payload),))
    store.append_items(again)
    return live


class _TouchesAtResume(Passing):
    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        self.change(params.thread_id, updated_at=self.clock() + 1)


@layer("RESUME-2", store=over(_TouchesAtResume), issue="openai/codex#46383")
class MovesToTheTopAtResume(ThreadManager):
    """Has a store that moves updated_at when a thread is resumed."""


@layer("RESUME-2", "SYNC-1c", part="live_thread.LiveThread.resume")
def takes_a_resume_for_a_question(good: Any, store: Any, params: Any, **how: Any) -> Any:
    """Moves recency when a thread is resumed."""
    live = good(store, params, **how)
    patch = ThreadMetadataPatch(advance_recency_at=how["clock"]() + 1)
    store.update_thread_metadata(
        UpdateThreadMetadataParams(thread_id=params.thread_id, patch=patch, include_archived=True)
    )
    return live


def _pending(live: Any, **facts: Any) -> Any:
    live._sync.pending = merge(live._sync.pending, ThreadMetadataPatch(**facts))
    return live


@layer("RESUME-2", part="live_thread.LiveThread.resume", issue="openai/codex#4791, openai/codex#4703")
def moves_to_the_caller_s_directory(good: Any, store: Any, params: Any, **how: Any) -> Any:
    """Stores the caller's working directory with the first append after a resume."""
    return _pending(good(store, params, **how), cwd=params.metadata.cwd)


@layer("RESUME-2", part="live_thread.LiveThread.resume")
def stores_the_caller_s_provider(good: Any, store: Any, params: Any, **how: Any) -> Any:
    """Stores the caller's provider and memory mode with the first append after a resume."""
    metadata = params.metadata
    live = good(store, params, **how)
    return _pending(live, model_provider=metadata.model_provider, memory_mode=metadata.memory_mode)


@layer("RESUME-2", part="thread_manager.resumed")
def stays_in_the_stored_directory(good: Any, params: Any, written: Any, originator: Any) -> Any:
    """Resumes in no directory of the caller's."""
    return evolve(good(params, written, originator), cwd=None)


@layer("RESUME-2", part="live_thread.LiveThread.resume")
def applies_rollbacks_at_resume(good: Any, store: Any, params: Any, **how: Any) -> Any:
    """Writes a marker for turns that were taken back once more when a thread is resumed."""
    live = good(store, params, **how)
    marker = RolloutItem("event_msg", {"type": "thread_rolled_back", "num_turns": 1})
    if any(item.kind[1] == "thread_rolled_back" for item in params.history):
        store.append_items(AppendThreadItemsParams(thread_id=params.thread_id, items=(marker,)))
    return live


@layer("RESUME-3")
class JoinsInTheCallerSPlace(ThreadManager):
    """Moves a loaded thread's session to where a second resume comes from."""

    def resume_thread(self, params: Any) -> Any:
        session = self._sessions.get(params.thread_id)
        if session:
            metadata = params.metadata
            session.thread = evolve(session.thread, cwd=metadata.cwd, model_provider=metadata.model_provider)
        return super().resume_thread(params)


@layer("RESUME-3")
class JoinsUnderAnotherName(ThreadManager):
    """Shows a loaded thread under what the process calls itself."""

    def resume_thread(self, params: Any) -> Any:
        is_loaded = params.thread_id in self._sessions
        thread = super().resume_thread(params)
        return evolve(thread, originator=self._settings.default_originator) if is_loaded else thread


@layer("RESUME-3")
class ShowsThreadsAsTheyWereLoaded(ThreadManager):
    """Shows a loaded thread with the turns and the name that it was loaded with."""

    def resume_thread(self, params: Any) -> Any:
        known = self.__dict__.setdefault("shown", {})
        thread = super().resume_thread(params)
        return known.setdefault(params.thread_id, thread)

    def _begin(self, thread: Any, items: Any = (), **how: Any) -> Any:
        shown = super()._begin(thread, items, **how)
        return self.__dict__.setdefault("shown", {}).setdefault(shown.thread_id, shown)

    def shutdown_thread(self, params: Any) -> None:
        super().shutdown_thread(params)
        self.__dict__.get("shown", {}).pop(params.thread_id, None)


@layer("RESUME-3")
class OpensAgain(ThreadManager):
    """Opens the writer of a loaded thread a second time."""

    def resume_thread(self, params: Any) -> Any:
        if params.thread_id in self._sessions:
            self._store.resume_thread(
                ResumeThreadParams(thread_id=params.thread_id, metadata=params.metadata, include_archived=True)
            )
        return super().resume_thread(params)


@layer("RESUME-3", store=over(Passing, CAPABILITIES, _local))
class TakesAnyPath(ThreadManager):
    """Returns a loaded thread for the path of another."""

    def resume_thread(self, params: Any) -> Any:
        is_loaded = params.thread_id in self._sessions
        return super().resume_thread(evolve(params, rollout_path=None) if is_loaded else params)


@layer("RESUME-1", "GUARD-1")
class LeavesAWriterOpen(ThreadManager):
    """Opens the writer first, and leaves it open when the resume fails."""

    def _resume_cold(self, params: Any) -> Any:
        self._store.resume_thread(
            ResumeThreadParams(thread_id=params.thread_id, metadata=params.metadata, include_archived=True)
        )
        self._store.load_history(
            LoadThreadHistoryParams(thread_id=params.thread_id, include_archived=params.include_archived)
        )
        self._store.discard_thread(DiscardThreadParams(thread_id=params.thread_id))
        return super()._resume_cold(params)


LAYERS = layers_in(globals())
