"""Mutants of LIFE: threads that do not begin, show, close or resume as they should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from threadstore import (
    Conflict,
    DeleteThreadParams,
    FlushThreadParams,
    InvalidRequest,
    PersistThreadParams,
    ResumeThreadParams,
    RolloutItem,
    ShutdownThreadParams,
    StoredThread,
    ThreadId,
    ThreadMetadataPatch,
    ThreadNotFound,
    TurnPage,
    check_fields,
)

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Mutant, Passing, Showing, Telling, memory, mutant

_LAZY = evolve(MEMORY_CAPABILITIES, lazy=True)


class ForgetsTheOriginator(Telling):
    """Writes a session_meta without the originator."""

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        first = {name: value for name, value in items[0].payload.items() if name != "originator"}
        return (RolloutItem("session_meta", first), *items[1:])


class CreatesTwice(Passing):
    """Takes the creation of a thread that is there already for a resume."""

    def create_thread(self, params: Any) -> None:
        check_fields(params)
        if self.peek(params.thread_id) is None:
            self.good.create_thread(params)


class CallsBusyInvalid(Passing):
    """Answers InvalidRequest where a thread is busy."""

    def create_thread(self, params: Any) -> None:
        try:
            self.good.create_thread(params)
        except Conflict as error:
            raise InvalidRequest(error.message) from error


class ShowsAtFlush(Passing):
    """Shows an empty lazy thread as soon as it is flushed."""

    def flush_thread(self, params: Any) -> None:
        self.good.flush_thread(params)
        self.good.persist_thread(PersistThreadParams(thread_id=params.thread_id))


class IsEagerInSecret(Passing):
    """Shows threads at their creation and declares that it does not."""


class IsLazyInSecret(Passing):
    """Hides empty threads and does not declare it."""


class TakesTheHistoryOfAResume(Passing):
    """Appends the history that a resume supplies."""

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        known = self.items_of(params.thread_id)
        items = [item for item in params.history or () if item not in known]
        if items and all(item.payload.get("id") != params.thread_id for item in items):
            self.good._threads[params.thread_id].append(items)


class TakesTheCwdOfAResume(Passing):
    """Stores the working directory that a resume supplies."""

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        if params.metadata.cwd:
            self.change(params.thread_id, cwd=params.metadata.cwd)


class NeedsACwdInSecret(Passing):
    """Refuses threads without a working directory and does not declare it."""


class TouchesAtResume(Passing):
    """Moves updated_at when a thread is resumed."""

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        self.change(params.thread_id, updated_at=self.clock())


class AppendsWithoutAWriter(Passing):
    """Opens a writer for whoever appends to a closed thread."""

    def append_items(self, params: Any) -> None:
        try:
            self.good.append_items(params)
        except ThreadNotFound:
            self.good.resume_thread(ResumeThreadParams(thread_id=params.thread_id, include_archived=True))
            self.good.append_items(params)
            self.good.shutdown_thread(ShutdownThreadParams(thread_id=params.thread_id))


class DiscardsWhatIsEmpty(Passing):
    """Removes a thread that is discarded with nothing but its session_meta."""

    def discard_thread(self, params: Any) -> None:
        self.good.discard_thread(params)
        if self.peek(params.thread_id) and len(self.items_of(params.thread_id)) == 1:
            self.good.delete_thread(DeleteThreadParams(thread_id=params.thread_id))


class ChangesItsMode(Passing):
    """Answers another default history mode after the first thread."""

    def default_history_mode(self) -> str:
        return "paginated" if self.good._threads else "legacy"


class ListsNoTurns(Passing):
    """Answers list_turns with an empty page instead of Unsupported."""

    def list_turns(self, params: Any) -> TurnPage:
        check_fields(params)
        return TurnPage(())


class FreesHiddenIds(Passing):
    """Takes the creation of a hidden thread's id for a new beginning."""

    def create_thread(self, params: Any) -> None:
        check_fields(params)
        thread = self.good._threads.get(params.thread_id)
        if thread and not thread.visible:
            del self.good._threads[params.thread_id]
        self.good.create_thread(params)


class ShowsNothingAtAClear(Passing):
    """Leaves a thread hidden that a patch of clears alone was applied to."""

    def update_thread_metadata(self, params: Any) -> Any:
        check_fields(params)
        thread = self.good._threads.get(params.thread_id)
        hidden = thread is not None and not thread.visible
        if hidden and params.patch == ThreadMetadataPatch(name=None):
            return thread.record()
        return self.good.update_thread_metadata(params)


class DiscardsWhatWasOnlyPatched(Passing):
    """Removes a thread that is discarded with a title and nothing but its session_meta."""

    def discard_thread(self, params: Any) -> None:
        self.good.discard_thread(params)
        thread = self.peek(params.thread_id)
        if thread and thread.title is not None and thread.name is None and len(self.items_of(params.thread_id)) == 1:
            self.good.delete_thread(DeleteThreadParams(thread_id=params.thread_id))


class PersistsNothingEmpty(Passing):
    """Leaves an empty thread hidden at persist."""

    def persist_thread(self, params: Any) -> None:
        self.good.flush_thread(FlushThreadParams(thread_id=params.thread_id))


class TouchesAtAFlush(Passing):
    """Moves updated_at when a thread is flushed."""

    def flush_thread(self, params: Any) -> None:
        self.good.flush_thread(params)
        self.change(params.thread_id, updated_at=self.clock())


class DefaultsToPages(Passing):
    """Answers paginated as its default history mode, and does not declare it."""

    def default_history_mode(self) -> str:
        return "paginated"


class TakesTheModeOfTheLatestMeta(Showing):
    """Shows the history mode of the latest session_meta that was appended."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        modes = [item.payload.get("history_mode") for item in params.items if item.type == "session_meta"]
        if any(modes):
            self.__dict__.setdefault("modes", {})[params.thread_id] = modes[-1]

    def shown(self, thread: StoredThread) -> StoredThread:
        modes = self.__dict__.get("modes", {})
        return evolve(thread, history_mode=modes.get(thread.thread_id, thread.history_mode))


MUTANTS: tuple[Mutant, ...] = (
    mutant(ForgetsTheOriginator, "LIFE-1"),
    mutant(CreatesTwice, "LIFE-2"),
    mutant(CallsBusyInvalid, "LIFE-2b"),
    mutant(ShowsAtFlush, "LIFE-3", declared=_LAZY),
    mutant(IsEagerInSecret, "LIFE-3", declared=_LAZY, inside=memory()),
    mutant(IsLazyInSecret, "LIFE-3b", inside=memory(_LAZY)),
    mutant(TakesTheHistoryOfAResume, "LIFE-4"),
    mutant(TakesTheCwdOfAResume, "LIFE-4", issue="openai/codex#4791, openai/codex#4703"),
    mutant(NeedsACwdInSecret, "LIFE-4b", inside=memory(evolve(MEMORY_CAPABILITIES, requires_cwd=True))),
    mutant(TouchesAtResume, "LIFE-5", issue="openai/codex#46383"),
    mutant(AppendsWithoutAWriter, "LIFE-6"),
    mutant(DiscardsWhatIsEmpty, "LIFE-7"),
    mutant(ChangesItsMode, "LIFE-8"),
    mutant(ListsNoTurns, "LIFE-8"),
    mutant(FreesHiddenIds, "LIFE-3", declared=_LAZY),
    mutant(ShowsNothingAtAClear, "LIFE-3", declared=_LAZY),
    mutant(DiscardsWhatWasOnlyPatched, "LIFE-3", "LIFE-7", declared=_LAZY),
    mutant(PersistsNothingEmpty, "LIFE-7", declared=_LAZY),
    mutant(TouchesAtAFlush, "LIFE-7"),
    mutant(DefaultsToPages, "LIFE-8"),
    mutant(TakesTheModeOfTheLatestMeta, "LIFE-8"),
)
