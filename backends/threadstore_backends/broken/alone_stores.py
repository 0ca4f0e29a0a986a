"""Mutants that one clause of the store alone rejects: what they break, nothing else demands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import evolve

from threadstore import (
    UNSET,
    AppendThreadItemsParams,
    Conflict,
    DiscardThreadParams,
    InvalidRequest,
    RolloutItem,
    ThreadId,
    ThreadNotFound,
    check_fields,
)

from .passing import Mutant, Passing, Telling, mutant


class ClosesWhatIsCreatedAgain(Passing):
    """Closes the writer of a thread when another thread is to be created under its id."""

    def create_thread(self, params: Any) -> None:
        try:
            self.good.create_thread(params)
        except Conflict:
            self.good.discard_thread(DiscardThreadParams(thread_id=params.thread_id))
            raise


class LosesSightOfTheEmpty(Passing):
    """Does not read a thread that was discarded with nothing appended and nothing patched, until it is resumed."""

    def create_thread(self, params: Any) -> None:
        self.good.create_thread(params)
        self.__dict__.setdefault("created", {})[params.thread_id] = self.peek(params.thread_id)
        self._lost.discard(params.thread_id)

    def discard_thread(self, params: Any) -> None:
        self.good.discard_thread(params)
        thread = self.peek(params.thread_id)
        untouched = thread == self.__dict__.get("created", {}).get(params.thread_id)
        if thread and untouched and len(self.items_of(params.thread_id)) == 1:
            self._lost.add(params.thread_id)

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        self._lost.discard(params.thread_id)

    def read_thread(self, params: Any) -> Any:
        self._require_seen(params)
        return self.good.read_thread(params)

    def load_history(self, params: Any) -> Any:
        self._require_seen(params)
        return self.good.load_history(params)

    @property
    def _lost(self) -> set[ThreadId]:
        lost: set[ThreadId] = self.__dict__.setdefault("lost", set())
        return lost

    def _require_seen(self, params: Any) -> None:
        check_fields(params)
        if params.thread_id in self._lost:
            raise ThreadNotFound(params.thread_id)


class NeedsACwdToResume(Passing):
    """Refuses to resume without a working directory, and does not declare it."""

    def resume_thread(self, params: Any) -> None:
        check_fields(params)
        if params.metadata.cwd is None:
            raise InvalidRequest("metadata.cwd must be given", "cwd")
        self.good.resume_thread(params)


class PersistsTheLatestAgain(Passing):
    """Writes the latest item again when a thread is persisted a second time with nothing between."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        self.__dict__["persisted"] = None

    def persist_thread(self, params: Any) -> None:
        self.good.persist_thread(params)
        latest = self.items_of(params.thread_id)[-1]
        if self.__dict__.get("persisted") == params.thread_id and latest.type != "session_meta":
            self.good.append_items(AppendThreadItemsParams(thread_id=params.thread_id, items=(latest,)))
        self.__dict__["persisted"] = params.thread_id


class ReadsWhatWasFlushed(Passing):
    """Reads a live thread's history as it was at the last flush, and loads it as it is."""

    def append_items(self, params: Any) -> None:
        known = self._known(params)
        self.good.append_items(params)
        self.__dict__.setdefault("behind", {}).setdefault(params.thread_id, known)

    def read_thread(self, params: Any) -> Any:
        thread = self.good.read_thread(params)
        behind = self.__dict__.get("behind", {}).get(params.thread_id)
        if thread.history and behind is not None:
            return evolve(thread, history=evolve(thread.history, items=behind))
        return thread

    def flush_thread(self, params: Any) -> None:
        self.good.flush_thread(params)
        self._caught_up(params.thread_id)

    def persist_thread(self, params: Any) -> None:
        self.good.persist_thread(params)
        self._caught_up(params.thread_id)

    def shutdown_thread(self, params: Any) -> None:
        self.good.shutdown_thread(params)
        self._caught_up(params.thread_id)

    def discard_thread(self, params: Any) -> None:
        self.good.discard_thread(params)
        self._caught_up(params.thread_id)

    def _known(self, params: Any) -> tuple[RolloutItem, ...]:
        return self.items_of(params.thread_id) if self.peek(params.thread_id) else ()

    def _caught_up(self, thread_id: ThreadId) -> None:
        self.__dict__.get("behind", {}).pop(thread_id, None)


class AnswersAPatchWithoutTheUsage(Passing):
    """Answers a patch without the token usage, unless the patch sets it."""

    def update_thread_metadata(self, params: Any) -> Any:
        thread = self.good.update_thread_metadata(params)
        return thread if params.patch.token_usage is not UNSET else evolve(thread, token_usage=None)


class RestatesItsMemoryMode(Telling):
    """Ends the history of a thread whose memory mode was patched with its session_meta, restated."""

    def update_thread_metadata(self, params: Any) -> Any:
        thread = self.good.update_thread_metadata(params)
        if params.patch.memory_mode is not UNSET:
            self.__dict__.setdefault("restated", {})[params.thread_id] = thread.memory_mode
        return thread

    def delete_thread(self, params: Any) -> None:
        self.good.delete_thread(params)
        self.__dict__.get("restated", {}).pop(params.thread_id, None)

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        mode = self.__dict__.get("restated", {}).get(thread_id)
        if mode is None:
            return items
        return (*items, RolloutItem("session_meta", {**items[0].payload, "memory_mode": mode}))


class SaysNotWhatIsClosed(Passing):
    """Refuses to flush a closed thread with a text that does not say which."""

    def flush_thread(self, params: Any) -> None:
        try:
            self.good.flush_thread(params)
        except ThreadNotFound as error:
            if self.peek(params.thread_id) is None:
                raise
            raise InvalidRequest("the writer is closed; resume the thread to open it") from error


class ListsWhatIsWrittenAsActive(Passing):
    """Lists an archived thread among the active ones too, from an append to it until its writer is closed."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        self.__dict__.setdefault("written", set()).add(params.thread_id)

    def shutdown_thread(self, params: Any) -> None:
        self.good.shutdown_thread(params)
        self.__dict__.setdefault("written", set()).discard(params.thread_id)

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        if params.archived or params.cursor or page.next_cursor or not params.page_size:
            return page
        written = self.__dict__.get("written", set())
        archived = self.walk(evolve(params, archived=True))
        return evolve(page, items=(*page.items, *(thread for thread in archived if thread.thread_id in written)))


class ClosesWhenUnarchived(Passing):
    """Closes a thread's writer when it is unarchived."""

    def unarchive_thread(self, params: Any) -> Any:
        thread = self.good.unarchive_thread(params)
        self.good.discard_thread(DiscardThreadParams(thread_id=params.thread_id))
        return thread


class FindsTheDeletedByName(Passing):
    """Lists a deleted thread still when it is asked for by its name."""

    def delete_thread(self, params: Any) -> None:
        check_fields(params)
        thread = self.peek(params.thread_id)
        self.good.delete_thread(params)
        if thread and thread.name:
            self.__dict__.setdefault("deleted", []).append(thread)

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        deleted = self.__dict__.get("deleted", [])
        if not params.search_term or params.cursor or not params.page_size:
            return page
        found = [thread for thread in deleted if params.search_term in thread.name]
        return evolve(page, items=(*page.items, *found))


class TellsNothingOfTheDeleted(Telling):
    """Leaves the session_meta of a deleted thread out of the histories that it was copied to."""

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        deleted = self.__dict__.get("deleted", ())
        first, *later = items
        return [first, *(item for item in later if item.type != "session_meta" or item.payload["id"] not in deleted)]

    def delete_thread(self, params: Any) -> None:
        self.good.delete_thread(params)
        self.__dict__.setdefault("deleted", set()).add(params.thread_id)


MUTANTS: tuple[Mutant, ...] = (
    mutant(ClosesWhatIsCreatedAgain, "LIFE-2"),
    mutant(LosesSightOfTheEmpty, "LIFE-3b"),
    mutant(NeedsACwdToResume, "LIFE-4b"),
    mutant(PersistsTheLatestAgain, "LIFE-7"),
    mutant(ReadsWhatWasFlushed, "APPEND-4"),
    mutant(AnswersAPatchWithoutTheUsage, "PATCH-3"),
    mutant(RestatesItsMemoryMode, "PATCH-5"),
    mutant(SaysNotWhatIsClosed, "READ-3"),
    mutant(ListsWhatIsWrittenAsActive, "ARCH-2", issue="openai/codex#20317"),
    mutant(ClosesWhenUnarchived, "ARCH-3"),
    mutant(FindsTheDeletedByName, "DEL-1", issue="openai/codex#31074"),
    mutant(TellsNothingOfTheDeleted, "DEL-1c"),
)
