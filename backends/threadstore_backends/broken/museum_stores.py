"""The bug museum's stores: faults that Codex's users reported, each modelled on the issues that it names."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from attrs import evolve

from threadstore import (
    Conflict,
    Internal,
    InvalidRequest,
    ListThreadsParams,
    RolloutItem,
    StoredThread,
    ThreadId,
    ThreadNotFound,
    check_fields,
)

from .passing import Mutant, Passing, Telling, issues, mutant
from .stores_listing import Relisting


class ResumesWhatWasListed(Passing):
    """Resumes a thread only once a listing has shown it."""

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        self.__dict__.setdefault("listed", set()).update(thread.thread_id for thread in page.items)
        return page

    def resume_thread(self, params: Any) -> None:
        check_fields(params)
        if params.thread_id not in self.__dict__.get("listed", ()):
            raise ThreadNotFound(params.thread_id)
        self.good.resume_thread(params)


class TellsFromAStaleIndex(Telling):
    """Tells a history to where it was when it was first read."""

    def create_thread(self, params: Any) -> None:
        self.good.create_thread(params)
        self.__dict__.get("known", {}).pop(params.thread_id, None)

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        known: dict[ThreadId, int] = self.__dict__.setdefault("known", {})
        return items[: known.setdefault(thread_id, len(items))]


class FailsOnForeignReasoning(Telling):
    """Loads no history with reasoning that has no content encrypted for it."""

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        reasoning = (item.payload for item in items if item.kind == ("response_item", "reasoning"))
        if any(not payload.get("encrypted_content") for payload in reasoning):
            raise Internal(f"thread {thread_id} has reasoning without encrypted_content")
        return items


class DropsCountsWithRateLimits(Telling):
    """Drops token counts that tell of rate limits when it reads."""

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return [item for item in items if item.kind[1] != "token_count" or "rate_limits" not in item.payload]


class ForgetsAnswersOnceResumed(Telling):
    """Tells no message of the agent's once a thread was resumed."""

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        self.__dict__.setdefault("resumed", set()).add(params.thread_id)

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        resumed = thread_id in self.__dict__.get("resumed", ())
        return [item for item in items if not resumed or item.kind[1] != "agent_message"]


class ResumesTheLive(Passing):
    """Gives a thread that is live a second writer."""

    def resume_thread(self, params: Any) -> None:
        with suppress(Conflict):
            self.good.resume_thread(params)


class ListsNoNames(Passing):
    """Lists threads without the names that a read shows."""

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        return evolve(page, items=tuple(evolve(thread, name=None) for thread in page.items))


class LooksAtPreviewsAlone(Relisting):
    """Looks for a term in previews, not in names."""

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        return [thread for thread in super().walk(params) if (params.search_term or "") in thread.preview]


class FindsByTheFirstName(Relisting):
    """Finds a renamed thread by the first name that it had."""

    def update_thread_metadata(self, params: Any) -> Any:
        thread = self.good.update_thread_metadata(params)
        if thread.name is not None:
            self.__dict__.setdefault("first", {}).setdefault(thread.thread_id, thread.name)
        return thread

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        first, term = self.__dict__.get("first", {}), params.search_term or ""
        threads = super().walk(evolve(params, search_term=None))
        return [each for each in threads if term in each.preview or term in first.get(each.thread_id, each.name or "")]


class TellsOfRepeatedNames(Passing):
    """Adds an event to the history when a thread is given the name that it has."""

    def update_thread_metadata(self, params: Any) -> Any:
        before = self.peek(params.thread_id) if isinstance(params.thread_id, str) else None
        thread = self.good.update_thread_metadata(params)
        if before and before.name is not None and params.patch.name == before.name:
            said = RolloutItem("event_msg", {"type": "agent_message", "message": "Session renamed"})
            self.good._threads[params.thread_id].append([said])
        return thread


class FindsNamesEverywhere(Passing):
    """Looks for a term in threads of every directory, whichever are asked."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        return self.good.list_threads(evolve(params, cwd_filters=None) if params.search_term else params)


class ListsNothingExecuted(Relisting):
    """Lists no thread of the source exec."""

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        return [thread for thread in super().walk(params) if thread.source != "exec"]


class ListsWhatIsGone(Relisting):
    """Goes on listing a thread that was deleted."""

    def create_thread(self, params: Any) -> None:
        self.good.create_thread(params)
        self._gone().pop(params.thread_id, None)

    def delete_thread(self, params: Any) -> None:
        thread = self.peek(params.thread_id) if isinstance(params.thread_id, str) else None
        self.good.delete_thread(params)
        if thread:
            self._gone()[params.thread_id] = thread

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        gone = (each for each in self._gone().values() if (each.archived_at is not None) == params.archived)
        return [*threads, *gone]

    def _gone(self) -> dict[ThreadId, StoredThread]:
        gone: dict[ThreadId, StoredThread] = self.__dict__.setdefault("gone", {})
        return gone


class ResumesNothingOnceArchived(Passing):
    """Says of a thread that was moved back that it is archived when it is to be resumed."""

    def unarchive_thread(self, params: Any) -> Any:
        thread = self.good.unarchive_thread(params)
        self.__dict__.setdefault("archived", set()).add(params.thread_id)
        return thread

    def resume_thread(self, params: Any) -> None:
        check_fields(params)
        if params.thread_id in self.__dict__.get("archived", ()):
            raise InvalidRequest(f"thread {params.thread_id} is archived")
        self.good.resume_thread(params)


class LosesWhatIsMovedBack(Relisting):
    """Lists a thread on neither side once it was unarchived."""

    def unarchive_thread(self, params: Any) -> Any:
        thread = self.good.unarchive_thread(params)
        self.__dict__.setdefault("lost", set()).add(params.thread_id)
        return thread

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        lost = self.__dict__.get("lost", ())
        return [thread for thread in threads if params.archived or thread.thread_id not in lost]


MUTANTS: tuple[Mutant, ...] = (
    mutant(ResumesWhatWasListed, "LIFE-4", issue=issues(11634)),
    mutant(TellsFromAStaleIndex, "APPEND-4", issue=issues(38792)),
    mutant(FailsOnForeignReasoning, "APPEND-2", issue=issues(36551)),
    mutant(DropsCountsWithRateLimits, "APPEND-2", issue=issues(35746)),
    mutant(ForgetsAnswersOnceResumed, "APPEND-1", issue=issues(38006, 39500)),
    mutant(ResumesTheLive, "LIFE-4", issue=issues(33241)),
    mutant(ListsNoNames, "LIST-1", issue=issues(10462, 16280)),
    mutant(LooksAtPreviewsAlone, "LIST-5d", issue=issues(10462, 16280)),
    mutant(FindsByTheFirstName, "LIST-5", issue=issues(16066)),
    mutant(TellsOfRepeatedNames, "PATCH-5", issue=issues(37982)),
    mutant(FindsNamesEverywhere, "LIST-5", issue=issues(30995)),
    mutant(ListsNothingExecuted, "LIST-1", issue=issues(46804)),
    mutant(ListsWhatIsGone, "DEL-1", issue=issues(31074, 14162, 38552)),
    mutant(ResumesNothingOnceArchived, "ARCH-1", issue=issues(25769)),
    mutant(LosesWhatIsMovedBack, "ARCH-2", issue=issues(27202)),
)
