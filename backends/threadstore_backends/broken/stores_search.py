"""Mutants of SEARCH-1, and of ARCH-3: threads that a search finds and should not, or the other way round."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve

from threadstore import (
    InvalidRequest,
    ListThreadsParams,
    StoredThreadSearchResult,
    ThreadId,
    ThreadSearchPage,
    check_fields,
)

from .passing import Mutant, Passing, mutant


class SearchesRawRecords(Passing):
    """Searches the records as they are written, instructions and member names included."""

    def search_threads(self, params: Any) -> Any:
        page = self.good.search_threads(params)
        known = {found.thread.thread_id for found in page.items}
        for thread in (
            [] if page.next_cursor or params.cursor else self.walk(ListThreadsParams(archived=params.archived))
        ):
            if thread.thread_id not in known and params.search_term in self._raw(thread.thread_id):
                page = evolve(page, items=(*page.items, StoredThreadSearchResult(thread, params.search_term)))
        return page

    def _raw(self, thread_id: ThreadId) -> str:
        return "\n".join(json.dumps(item.payload) for item in self.items_of(thread_id))


class ShowsNoSnippet(Passing):
    """Answers every search with empty snippets."""

    def search_threads(self, params: Any) -> Any:
        page = self.good.search_threads(params)
        return evolve(page, items=tuple(evolve(found, snippet="") for found in page.items))


class FindsEverythingForNothing(Passing):
    """Finds every thread for an empty term."""

    def search_threads(self, params: Any) -> Any:
        try:
            return self.good.search_threads(params)
        except InvalidRequest as error:
            if error.field != "search_term" or params.search_term != "":
                raise
            return ThreadSearchPage(tuple(StoredThreadSearchResult(t, "") for t in self.walk(ListThreadsParams())))


class SearchesTheFirstMessage(Passing):
    """Finds threads by the first thing that was said alone."""

    def search_threads(self, params: Any) -> Any:
        page = self.good.search_threads(params)
        return evolve(page, items=tuple(f for f in page.items if self._first(f.thread.thread_id, params.search_term)))

    def _first(self, thread_id: ThreadId, term: str) -> bool:
        messages = self.good._threads[thread_id].messages
        return term in messages[0]


class SearchesTenMessages(Passing):
    """Looks through the first ten messages of a thread."""

    def append_items(self, params: Any) -> None:
        self.good.append_items(params)
        thread = self.good._threads.get(params.thread_id)
        if thread:
            del thread.messages[10:]


class FindsNothingBehindAMove(Passing):
    """Finds what is appended to a thread that was archived live once its writer is closed, and not before."""

    def archive_thread(self, params: Any) -> None:
        self.good.archive_thread(params)
        thread = self.good._threads[params.thread_id]
        if thread.live:
            self._indexed.setdefault(params.thread_id, len(thread.messages))

    def shutdown_thread(self, params: Any) -> None:
        self.good.shutdown_thread(params)
        self._indexed.pop(params.thread_id, None)

    def discard_thread(self, params: Any) -> None:
        self.good.discard_thread(params)
        self._indexed.pop(params.thread_id, None)

    def delete_thread(self, params: Any) -> None:
        self.good.delete_thread(params)
        self._indexed.pop(params.thread_id, None)

    def search_threads(self, params: Any) -> Any:
        page = self.good.search_threads(params)
        return evolve(page, items=tuple(f for f in page.items if self._is_indexed(f.thread.thread_id, params)))

    @property
    def _indexed(self) -> dict[ThreadId, int]:
        indexed: dict[ThreadId, int] = self.__dict__.setdefault("indexed", {})
        return indexed

    def _is_indexed(self, thread_id: ThreadId, params: Any) -> bool:
        messages = self.good._threads[thread_id].messages
        return any(params.search_term in message for message in messages[: self._indexed.get(thread_id)])


class OrdersResultsByUpdate(Passing):
    """Orders what a search finds by updated_at where recency_at is asked."""

    def search_threads(self, params: Any) -> Any:
        check_fields(params)
        key = "updated_at" if params.sort_key == "recency_at" else params.sort_key
        return self.good.search_threads(evolve(params, sort_key=key))


class LeadsOnFromNoResults(Passing):
    """Gives a cursor with the page of a search that finds nothing."""

    def search_threads(self, params: Any) -> Any:
        page = self.good.search_threads(params)
        return page if page.items or params.cursor else ThreadSearchPage((), "nowhere")


MUTANTS: tuple[Mutant, ...] = (
    mutant(SearchesRawRecords, "SEARCH-1"),
    mutant(ShowsNoSnippet, "SEARCH-1"),
    mutant(FindsEverythingForNothing, "SEARCH-1"),
    mutant(SearchesTheFirstMessage, "SEARCH-1"),
    mutant(SearchesTenMessages, "SEARCH-1"),
    mutant(FindsNothingBehindAMove, "ARCH-3"),
    mutant(OrdersResultsByUpdate, "SEARCH-1"),
    mutant(LeadsOnFromNoResults, "SEARCH-1"),
)
