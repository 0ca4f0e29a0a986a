"""Mutants of LIST-1 to LIST-4c: listings and walks that are not whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import evolve

from threadstore import Clock, InvalidRequest, ListThreadsParams, StoredThread, ThreadPage, check_fields

from ..memory.store import MEMORY_CAPABILITIES
from .passing import Mutant, Passing, memory, mutant


class Relisting(Passing):
    """Pages through whole listings of the good store, with cursors of its own."""

    def __init__(self, good: Any, clock: Clock, home: Path) -> None:
        super().__init__(good, clock, home)
        #: What each cursor stands for: its query, the last thread of its page, and how many came before the next.
        self.cursors: dict[str, tuple[ListThreadsParams, StoredThread, int]] = {}

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        if params.page_size == 0:
            return self.empty()
        threads = self.arranged(self.walk(params), params)
        start = 0 if params.cursor is None else self.start(params, threads)
        page = threads[start : start + params.page_size]
        more = self.more(page, threads, start + len(page), params)
        return ThreadPage(tuple(page), self._cursor(params, page[-1], start + len(page)) if page and more else None)

    def empty(self) -> ThreadPage:
        """Answer page size 0."""
        raise InvalidRequest("page_size must be at least 1, not 0", "page_size")

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        """Return the threads of a query in order."""
        return threads

    def start(self, params: ListThreadsParams, threads: list[StoredThread]) -> int:
        """Return how many threads come before the page of a cursor."""
        place = _place(self.known(params)[1], params)
        return sum(not _beyond(_place(thread, params), place, params) for thread in threads)

    def known(self, params: ListThreadsParams) -> tuple[ListThreadsParams, StoredThread, int]:
        """Return what a cursor stands for."""
        known = self.cursors.get(str(params.cursor))
        if known is None or known[0] != evolve(params, cursor=None, page_size=1):
            raise InvalidRequest("cursor must be a next_cursor of the same query", "cursor")
        return known

    def more(self, page: list[StoredThread], threads: list[StoredThread], end: int, params: Any) -> bool:
        """Tell whether a page leads on."""
        return end < len(threads)

    def _cursor(self, params: ListThreadsParams, last: StoredThread, end: int) -> str:
        cursor = f"cursor-{len(self.cursors):x}-of-{id(self):x}"
        self.cursors[cursor] = (evolve(params, cursor=None, page_size=1), last, end)
        return cursor


class HidesUnpreviewedInSecret(Passing):
    """Leaves out threads without a preview and does not declare it."""


class ListsTheResumedTwice(Relisting):
    """Lists a thread twice once it was resumed."""

    def resume_thread(self, params: Any) -> None:
        self.good.resume_thread(params)
        self.__dict__.setdefault("resumed", set()).add(params.thread_id)

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        again = self.__dict__.get("resumed", ())
        return [each for thread in threads for each in (thread,) * (2 if thread.thread_id in again else 1)]


class ForgetsTheOldest(Relisting):
    """Scans no more than sixty threads."""

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        return threads[:60]


class ListsArchivedAtAsUpdated(Relisting):
    """Shows updated_at as archived_at in listings."""

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        return [evolve(t, archived_at=t.updated_at) if t.archived_at is not None else t for t in threads]


class OrdersByCreationAlone(Passing):
    """Orders by created_at, whatever sort key is asked."""

    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        return self.good.list_threads(evolve(params, sort_key="created_at"))


class OrdersTiesUpwards(Relisting):
    """Orders equal times by ascending id in both directions."""

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        threads = sorted(threads, key=lambda thread: thread.thread_id)
        return sorted(threads, key=lambda t: getattr(t, params.sort_key), reverse=params.sort_direction == "desc")


class OrdersTimesAsText(Relisting):
    """Orders times by their decimal digits, as text."""

    def arranged(self, threads: list[StoredThread], params: ListThreadsParams) -> list[StoredThread]:
        descending = params.sort_direction == "desc"
        return sorted(threads, key=lambda t: (str(getattr(t, params.sort_key)), t.thread_id), reverse=descending)


class LosesTies(Relisting):
    """Goes on after a page with the next time, so that threads with an equal one are lost."""

    def start(self, params: ListThreadsParams, threads: list[StoredThread]) -> int:
        last = getattr(self.known(params)[1], params.sort_key)
        place = (last, "g") if params.sort_direction == "asc" else (last, "")
        return sum(not _beyond(_place(thread, params), place, params) for thread in threads)


class SkipsOneAPage(Relisting):
    """Goes on after a page with the thread after the next."""

    def start(self, params: ListThreadsParams, threads: list[StoredThread]) -> int:
        return super().start(params, threads) + 1


class LeadsToAnEmptyPage(Relisting):
    """Gives a cursor with every full page, also when nothing remains."""

    def more(self, page: list[StoredThread], threads: list[StoredThread], end: int, params: Any) -> bool:
        return bool(len(page) == params.page_size)


class FiltersAfterPaging(Relisting):
    """Takes a page of all threads and then filters it by directory."""

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        return super().walk(evolve(params, cwd_filters=None))

    def list_threads(self, params: Any) -> Any:
        page = super().list_threads(params)
        cwds = params.cwd_filters
        return evolve(page, items=tuple(t for t in page.items if cwds is None or t.cwd in cwds))


class RepeatsTheLastThread(Relisting):
    """Begins a page with the thread that ended the page before."""

    def start(self, params: ListThreadsParams, threads: list[StoredThread]) -> int:
        return super().start(params, threads) - (1 if params.page_size > 1 else 0)


class ForgetsUsedCursors(Relisting):
    """Refuses a cursor that was used before."""

    def start(self, params: ListThreadsParams, threads: list[StoredThread]) -> int:
        start = super().start(params, threads)
        del self.cursors[str(params.cursor)]
        return start


class LeadsOnFromNothing(Passing):
    """Gives a cursor with the page of an empty listing."""

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        return page if page.items or params.cursor else ThreadPage((), "nowhere")


class CountsFromTheBeginning(Relisting):
    """Keeps in a cursor how many threads came before, so that changes shift the walk."""

    def start(self, params: ListThreadsParams, threads: list[StoredThread]) -> int:
        return self.known(params)[2]


class NeedsTheLastThread(Relisting):
    """Goes on after the thread that the cursor names, and ends the walk if it is gone."""

    def start(self, params: ListThreadsParams, threads: list[StoredThread]) -> int:
        ids = [thread.thread_id for thread in threads]
        last = self.known(params)[1].thread_id
        return ids.index(last) + 1 if last in ids else len(ids)


class TakesGarbageForTheBeginning(Relisting):
    """Begins at the first page when it does not know the cursor."""

    def start(self, params: ListThreadsParams, threads: list[StoredThread]) -> int:
        return super().start(params, threads) if params.cursor in self.cursors else 0


class TakesZeroForOne(Relisting):
    """Takes page size 0 for 1."""

    def list_threads(self, params: Any) -> Any:
        return super().list_threads(evolve(params, page_size=1) if params.page_size == 0 else params)


class AnswersZeroWithNothing(Relisting):
    """Answers page size 0 with an empty page."""

    def empty(self) -> ThreadPage:
        return ThreadPage(())


class FollowsTheCursorsQuery(Relisting):
    """Takes the filters and the order out of the cursor, whatever is asked with it."""

    def list_threads(self, params: Any) -> Any:
        if params.cursor in self.cursors:
            params = evolve(self.cursors[params.cursor][0], cursor=params.cursor, page_size=params.page_size)
        return super().list_threads(params)


def _place(thread: StoredThread, params: ListThreadsParams) -> tuple[int, str]:
    return getattr(thread, params.sort_key), thread.thread_id


def _beyond(place: tuple[int, str], after: tuple[int, str], params: ListThreadsParams) -> bool:
    return place > after if params.sort_direction == "asc" else place < after


MUTANTS: tuple[Mutant, ...] = (
    mutant(
        HidesUnpreviewedInSecret,
        "LIST-1",
        inside=memory(evolve(MEMORY_CAPABILITIES, hides_unpreviewed=True)),
        issue="openai/codex#20165",
    ),
    mutant(ListsTheResumedTwice, "LIST-1"),
    mutant(ForgetsTheOldest, "LIST-1"),
    mutant(ListsArchivedAtAsUpdated, "LIST-1"),
    mutant(OrdersByCreationAlone, "LIST-2", issue="openai/codex#10388, openai/codex PR#13654"),
    mutant(OrdersTiesUpwards, "LIST-2", issue="openai/codex PR#29591"),
    mutant(OrdersTimesAsText, "LIST-2"),
    mutant(LosesTies, "LIST-3", issue="openai/codex#43017, openai/codex PR#26662"),
    mutant(SkipsOneAPage, "LIST-3"),
    mutant(LeadsToAnEmptyPage, "LIST-3", issue="openai/codex#39849"),
    mutant(FiltersAfterPaging, "LIST-3"),
    mutant(RepeatsTheLastThread, "LIST-3"),
    mutant(ForgetsUsedCursors, "LIST-3"),
    mutant(LeadsOnFromNothing, "LIST-3"),
    mutant(CountsFromTheBeginning, "LIST-3b"),
    mutant(NeedsTheLastThread, "LIST-3b"),
    mutant(TakesGarbageForTheBeginning, "LIST-4"),
    mutant(TakesZeroForOne, "LIST-4", "LIST-4b"),
    mutant(AnswersZeroWithNothing, "LIST-4b"),
    mutant(FollowsTheCursorsQuery, "LIST-4c"),
)
