"""Directed checks of SEARCH-1: the order, the pages and the cursors of a search."""

from __future__ import annotations

from typing import Any

from threadstore import (
    ArchiveThreadParams,
    DeleteThreadParams,
    ErrorKind,
    SearchThreadsParams,
    ThreadSearchPage,
    ThreadStoreError,
)
from threadstore_conformance.checks.listing import (
    LATER,
    ORDERS,
    altered_texts,
    assert_asked_or_refused,
    found,
    listable,
    placed,
    query,
    said,
    shuffled_ids,
)
from threadstore_conformance.checks.refusing import assert_names
from threadstore_conformance.lab import INVALID, Lab, clause, user_message


@clause("SEARCH-1")
def test_a_search_can_be_walked_in_every_order(lab: Lab) -> None:
    """Ensure pages of any size partition what is found, in order, equal times and threads between included."""
    groups = (LATER, LATER + 1, LATER + 1, LATER + 1, LATER + 2)
    threads = list(zip(groups, shuffled_ids(lab, len(groups)), strict=True))
    for at, thread in threads:
        said(lab, at, thread)
        placed(lab, at)
    for order in ORDERS:
        expected = [thread for _, thread in sorted(threads, reverse=order["sort_direction"] == "desc")]
        for size in (1, 2, 3, 5):
            pages = lab.pages(SearchThreadsParams(search_term="needle", page_size=size, **order))
            told = f"pages of {size}, {order}"
            assert expected == [thread for part in pages for thread in part], told
            assert all(1 <= len(part) <= size for part in pages), f"{told}: lengths {[len(part) for part in pages]}"


@clause("SEARCH-1")
def test_a_search_comes_by_the_asked_key_and_direction(lab: Lab) -> None:
    """Ensure each sort key orders what is found by its own field, in both directions."""
    threads = [listable(lab) for _ in range(4)]
    for place, thread in enumerate(threads):
        lab.append(thread, user_message("a needle was said"))
        created, updated, recency = (LATER + 60_000 * (at % 4) for at in (place + 2, 3 - place, place * 3 + 1))
        lab.patch(thread, created_at=created, updated_at=updated, advance_recency_at=recency)
    for order in ORDERS:
        results = [lab.read(thread) for thread in found(lab, "needle", **order)]
        times = [getattr(thread, order["sort_key"]) for thread in results]
        expected = sorted((LATER + 60_000 * at for at in range(4)), reverse=order["sort_direction"] == "desc")
        assert expected == times, f"the times of what is found with {order}"


@clause("SEARCH-1")
def test_a_page_of_0_results_shows_nothing(lab: Lab) -> None:
    """Ensure page size 0 is refused by name, or answered with an empty page that leads nowhere."""
    for _ in range(2):
        answer = lab.answer(SearchThreadsParams(search_term="needle", page_size=0))
        if isinstance(answer, ThreadStoreError):
            assert answer.kind is ErrorKind.INVALID_REQUEST, f"page_size 0 was refused with {answer!r}"
            assert_names(answer, "page_size")
        else:
            assert ThreadSearchPage(items=(), next_cursor=None) == answer, "the page of page_size 0"
        said(lab, LATER)


@clause("SEARCH-1")
def test_a_search_that_finds_nothing_ends(lab: Lab) -> None:
    """Ensure the page of a search that finds nothing is empty and leads nowhere."""
    listable(lab)
    empty = lab.store.search_threads(SearchThreadsParams(search_term="needle", page_size=1))
    assert ThreadSearchPage(items=(), next_cursor=None) == empty


@clause("SEARCH-1")
def test_a_walk_through_a_search_survives_changes(lab: Lab) -> None:
    """Ensure creations and the deletion of the last thread on the page take no other out of the walk."""
    threads = [said(lab, LATER + place // 2) for place in range(6)]
    first = lab.store.search_threads(SearchThreadsParams(search_term="needle", page_size=2, sort_direction="asc"))
    assert first.next_cursor is not None, "at most two of six threads were found, and there is no next_cursor"
    seen = len(first.items)
    lab.store.delete_thread(DeleteThreadParams(thread_id=threads[seen - 1]))
    added = [said(lab, LATER + at) for at in (-5, 1, 9)]
    rest = SearchThreadsParams(search_term="needle", page_size=50, sort_direction="asc", cursor=first.next_cursor)
    walked = [thread for part in lab.pages(rest) for thread in part]
    assert threads[seen:] == [thread for thread in walked if thread not in added], "the untouched threads of the walk"


@clause("SEARCH-1")
def test_a_search_refuses_what_is_no_cursor(lab: Lab) -> None:
    """Ensure garbage is refused by name, and an altered cursor too or it shows what was asked for alone."""
    asked = [said(lab, LATER + place) for place in range(2)]
    cursor = lab.store.search_threads(SearchThreadsParams(search_term="needle", page_size=1)).next_cursor
    assert cursor is not None, "one of two threads was found, and there is no next_cursor"
    for garbage in ("", "garbage", "{}", "====", "\x00"):
        error = lab.refused(SearchThreadsParams(search_term="needle", page_size=1, cursor=garbage), INVALID)
        assert_names(error, "cursor", f"cursor {garbage!r}")
    for altered in altered_texts(cursor):
        answer = lab.answer(SearchThreadsParams(search_term="needle", page_size=1, cursor=altered))
        assert_asked_or_refused(answer, asked, altered)


@clause("SEARCH-1")
def test_a_cursor_of_another_query_stays_in_the_search_asked(lab: Lab) -> None:
    """Ensure a cursor of a listing or of another search is refused by name, or shows what was asked for alone."""
    threads = [said(lab, LATER + place, source=("cli", "exec")[place % 2]) for place in range(6)]
    lab.append(threads[0], user_message("pin"))
    for thread in threads[:2]:
        lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    for giver in _SEARCHES:
        search = SearchThreadsParams(page_size=1, **giver)
        for taker in _SEARCHES:
            if giver is not taker:
                _stays_inside(lab, lab.store.search_threads(search).next_cursor, taker)
    listed = lab.store.list_threads(query(lab, page_size=1)).next_cursor
    for taker in _SEARCHES:
        _stays_inside(lab, listed, taker)


_SEARCHES: tuple[dict[str, Any], ...] = (
    {"search_term": "needle"},
    {"search_term": "pin"},
    {"search_term": "needle", "sort_direction": "asc"},
    {"search_term": "needle", "sort_key": "updated_at", "sort_direction": "asc"},
    {"search_term": "needle", "archived": True},
    {"search_term": "needle", "allowed_sources": ("exec",)},
)


def _stays_inside(lab: Lab, cursor: str | None, taker: dict[str, Any]) -> None:
    if cursor is None:
        return
    told = f"the cursor of another query used with {taker}"
    answer = _answer(lab, SearchThreadsParams(cursor=cursor, **taker))
    if isinstance(answer, ThreadStoreError):
        assert answer.kind is ErrorKind.INVALID_REQUEST, f"{told} was refused with {answer!r}"
        assert_names(answer, "cursor", told)
        return
    others = {name: value for name, value in taker.items() if name != "search_term"}
    everything = found(lab, taker["search_term"], **others)
    came = [result.thread.thread_id for result in answer.items]
    assert [thread for thread in everything if thread in came] == came, f"{told} shows strangers, or out of order"


def _answer(lab: Lab, operation: SearchThreadsParams) -> ThreadSearchPage | ThreadStoreError:
    try:
        return lab.store.search_threads(operation)
    except ThreadStoreError as error:
        return error
