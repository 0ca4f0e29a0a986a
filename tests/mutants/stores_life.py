"""Mutants of LIFE: threads that do not begin, show, close or resume as they should."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from threadstore import (
    Conflict,
    DeleteThreadParams,
    InvalidRequest,
    PersistThreadParams,
    ResumeThreadParams,
    RolloutItem,
    ShutdownThreadParams,
    ThreadId,
    ThreadNotFound,
    TurnPage,
    check_fields,
)
from threadstore_backends.memory.store import MEMORY_CAPABILITIES

from .passing import Mutant, Passing, Telling, memory, mutant

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


MUTANTS: tuple[Mutant, ...] = (
    mutant(ForgetsTheOriginator, "LIFE-1"),
    mutant(CreatesTwice, "LIFE-2"),
    mutant(CallsBusyInvalid, "LIFE-2b"),
    mutant(ShowsAtFlush, "LIFE-3", declared=_LAZY),
    mutant(IsEagerInSecret, "LIFE-3", declared=_LAZY, inside=memory()),
    mutant(IsLazyInSecret, "LIFE-3b", inside=memory(_LAZY)),
    mutant(TakesTheHistoryOfAResume, "LIFE-4"),
    mutant(TakesTheCwdOfAResume, "LIFE-4"),
    mutant(NeedsACwdInSecret, "LIFE-4b", inside=memory(evolve(MEMORY_CAPABILITIES, requires_cwd=True))),
    mutant(TouchesAtResume, "LIFE-5"),
    mutant(AppendsWithoutAWriter, "LIFE-6"),
    mutant(DiscardsWhatIsEmpty, "LIFE-7"),
    mutant(ChangesItsMode, "LIFE-8"),
    mutant(ListsNoTurns, "LIFE-8"),
)
