"""Directed checks of LIST-3: pages and walks."""

from __future__ import annotations

from typing import Any

from threadstore import ArchiveThreadParams, ThreadId
from threadstore_conformance.checks.listing import (
    LATER,
    ORDERS,
    environment,
    ids_of,
    listable,
    page,
    placed,
    query,
    shown,
    shuffled_ids,
)
from threadstore_conformance.lab import Lab, clause


@clause("LIST-3")
def test_a_walk_over_different_times_loses_nothing(lab: Lab) -> None:
    """Ensure every page size partitions a listing whose times all differ."""
    threads = [placed(lab, LATER + place, thread) for place, thread in enumerate(shuffled_ids(lab, 7))]
    for order in ORDERS:
        _walks(lab, threads if order["sort_direction"] == "asc" else threads[::-1], **order)


@clause("LIST-3")
def test_a_walk_over_equal_times_loses_nothing(lab: Lab) -> None:
    """Ensure every page size partitions a listing in which all times are equal."""
    threads = [placed(lab, LATER, thread) for thread in shuffled_ids(lab, 7)]
    for order in ORDERS:
        _walks(lab, sorted(threads, reverse=order["sort_direction"] == "desc"), **order)


@clause("LIST-3")
def test_a_walk_over_some_equal_times_loses_nothing(lab: Lab) -> None:
    """Ensure groups of equal times survive every place of the page borders, on the archived side too."""
    groups = (LATER, LATER + 1, LATER + 1, LATER + 1, LATER + 1, LATER + 1_000, LATER + 1_000)
    threads = list(zip(groups, shuffled_ids(lab, len(groups)), strict=True))
    for at, thread in threads:
        placed(lab, at, thread)
    expected = [thread for _, thread in sorted(threads)]
    for archived in (False, True):
        for order in ORDERS:
            descending = order["sort_direction"] == "desc"
            _walks(lab, expected[::-1] if descending else expected, archived=archived, **order)
        for thread in () if archived else expected:
            lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))


@clause("LIST-3")
def test_a_walk_through_filters_loses_nothing(lab: Lab) -> None:
    """Ensure no page is empty or ends the walk because threads between do not pass the filters."""
    expected = []
    for place in range(12):
        wanted = place % 5 == 3
        thread = placed(lab, LATER + place, metadata=environment(cwd="/wanted" if wanted else "/other"))
        lab.patch(thread, preview="wanted" if wanted else "other")
        expected += [thread] if wanted else []
    for filters in ({"cwd_filters": ("/wanted",)}, {"search_term": "wanted"}):
        for order in ORDERS:
            _walks(lab, expected if order["sort_direction"] == "asc" else expected[::-1], **order, **filters)


@clause("LIST-3")
def test_a_walk_over_many_equal_times_loses_nothing(lab: Lab) -> None:
    """Ensure a group of equal times that is longer than many pages is visited whole."""
    threads = [placed(lab, LATER) for _ in range(60)]
    for size in (7, 25, 59):
        walked = shown(lab, page_size=size, sort_direction="asc")
        assert threads == walked, f"60 threads with one time, in pages of {size}"


@clause("LIST-3")
def test_the_page_size_may_change_during_a_walk(lab: Lab) -> None:
    """Ensure a walk with pages of many sizes visits everything once, in order, however full they are."""
    threads = [placed(lab, LATER + place // 3) for place in range(10)]
    for order in ORDERS:
        expected = threads if order["sort_direction"] == "asc" else threads[::-1]
        walked: list[ThreadId] = []
        cursor = None
        for size in (2, 1, 4, 1, 50) * len(threads):
            part = page(lab, page_size=size, cursor=cursor, **order)
            walked += ids_of(part)
            cursor = part.next_cursor
            if cursor is None:
                break
        assert expected == walked, f"pages of up to 2, 1, 4, 1 and 50 threads, over and over, {order}"


@clause("LIST-3")
def test_a_cursor_can_be_used_again(lab: Lab) -> None:
    """Ensure a cursor gives the same page again while nothing changes, also after later pages."""
    for _ in range(7):
        placed(lab, LATER)
    first = page(lab, page_size=2)
    second = page(lab, page_size=2, cursor=first.next_cursor)
    page(lab, page_size=2, cursor=second.next_cursor)
    again = page(lab, page_size=2, cursor=first.next_cursor)
    assert ids_of(second) == ids_of(again), "the second page, asked for twice"


@clause("LIST-3")
def test_a_page_holds_no_more_than_asked_or_declared(lab: Lab) -> None:
    """Ensure a page never holds more than page_size threads, nor more than page_cap where that is declared."""
    cap = lab.capabilities.page_cap
    count = (cap or 4) + 1
    threads = [listable(lab) for _ in range(count)]
    for size in (1, count - 1, count, 100_000):
        limit = min(size, cap or size)
        length = len(page(lab, page_size=size).items)
        assert 1 <= length <= limit, f"page_size {size}, page_cap {cap}: a page of {length} threads"
    assert sorted(threads) == sorted(shown(lab, page_size=100_000)), "a walk in pages of 100,000"


@clause("LIST-3")
def test_an_empty_listing_has_no_cursor(lab: Lab) -> None:
    """Ensure the page of an empty listing is empty and leads nowhere."""
    listable(lab)
    for archived, parameters in ((True, {}), (False, {"search_term": "nobody said this"})):
        empty = page(lab, archived=archived, **parameters)
        assert empty.items == (), f"archived={archived}, {parameters}"
        assert empty.next_cursor is None, f"archived={archived}, {parameters}: a cursor, and nothing to come"


def _walks(lab: Lab, expected: list[ThreadId], **parameters: Any) -> None:
    """Walk a listing with several page sizes; each must visit exactly the expected threads, in order."""
    for size in (1, 2, 3, len(expected), len(expected) + 1):
        pages = lab.pages(query(lab, page_size=size, **parameters))
        told = f"pages of {size} with {parameters}"
        assert expected == [thread for part in pages for thread in part], told
        assert all(1 <= len(part) <= size for part in pages), f"{told}: lengths {[len(part) for part in pages]}"
