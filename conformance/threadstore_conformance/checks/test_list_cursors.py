"""Directed checks of LIST-4, LIST-4b and LIST-4c: cursors that are none or of another query, and empty pages."""

from __future__ import annotations

from typing import Any

from threadstore import (
    ArchiveThreadParams,
    ErrorKind,
    ListThreadsParams,
    ThreadId,
    ThreadPage,
    ThreadRelationFilter,
    ThreadStoreError,
)
from threadstore_conformance.checks.listing import (
    LATER,
    altered_texts,
    assert_asked_or_refused,
    environment,
    ids_of,
    page,
    placed,
    query,
    shown,
)
from threadstore_conformance.checks.refusing import assert_names
from threadstore_conformance.lab import INVALID, Lab, clause, user_message


@clause("LIST-4")
def test_garbage_is_no_cursor(lab: Lab) -> None:
    """Ensure texts that no store gives are refused as cursors, by name, and change nothing of what is listed then."""
    thread = placed(lab, LATER)
    for garbage in _GARBAGE:
        for archived in (False, True):
            error = lab.refused(query(lab, cursor=garbage, archived=archived), INVALID)
            assert_names(error, "cursor", f"cursor {garbage[:60]!r}")
    assert [thread] == shown(lab), "the listing after cursors that are none"


@clause("LIST-4c")
def test_an_altered_cursor_stays_in_the_query_asked(lab: Lab) -> None:
    """Ensure a cursor cut short, extended or changed is refused by name, or shows what was asked for alone."""
    asked = [placed(lab, LATER) for _ in range(3)]
    aside = placed(lab, LATER)
    lab.store.archive_thread(ArchiveThreadParams(thread_id=aside))
    cursor = page(lab, page_size=1).next_cursor
    assert cursor is not None, "one of three threads was listed, and there is no next_cursor"
    for altered in altered_texts(cursor):
        assert_asked_or_refused(_answer(lab, query(lab, page_size=1, cursor=altered)), asked, altered)


@clause("LIST-4c")
def test_a_text_that_may_be_a_cursor_stays_in_the_query_asked(lab: Lab) -> None:
    """Ensure numbers, times and ids, which some store may give, are refused by name, or show what was asked for."""
    asked = [placed(lab, LATER) for _ in range(3)]
    aside = placed(lab, LATER)
    lab.store.archive_thread(ArchiveThreadParams(thread_id=aside))
    for thread in (asked[0], aside):
        for text in (*_MAY_BE, thread, f"{LATER}|{thread}"):
            assert_asked_or_refused(_answer(lab, query(lab, page_size=1, cursor=text)), asked, text)


@clause("LIST-4")
def test_page_size_0_shows_nothing(lab: Lab) -> None:
    """Ensure page size 0 is refused by name or answered with an empty page, never with threads."""
    threads = [placed(lab, LATER + place) for place in range(2)]
    cursor = page(lab, page_size=1).next_cursor
    for start in (None, cursor):
        answer = _answer(lab, query(lab, page_size=0, cursor=start))
        if isinstance(answer, ThreadStoreError):
            assert answer.kind is ErrorKind.INVALID_REQUEST, f"page_size 0 was refused with {answer!r}"
            assert_names(answer, "page_size")
        else:
            assert answer.items == (), "the page of page_size 0"
            assert answer.next_cursor is None, "the empty page of page_size 0 leads on"
    assert sorted(threads) == sorted(shown(lab)), "the listing after page_size 0"


@clause("LIST-4b")
def test_page_size_0_is_refused(lab: Lab) -> None:
    """Ensure page size 0 is refused by name, with threads to show and without."""
    for _ in range(2):
        error = lab.refused(query(lab, page_size=0), INVALID)
        assert_names(error, "page_size")
        placed(lab, LATER)


@clause("LIST-4c")
def test_a_cursor_of_another_listing_stays_in_the_query_asked(lab: Lab) -> None:
    """Ensure a cursor used with another query is refused by name, or shows that query's threads only, in its order."""
    _threads_of_all_sorts(lab)
    queries = [*_QUERIES, *(_RELATED if lab.capabilities.relations else ())]
    for giver in queries:
        for taker in queries:
            cursor = page(lab, page_size=1, **giver).next_cursor
            if giver is not taker and cursor is not None:
                _stays_inside(lab, giver, taker, cursor)


_GARBAGE = (
    "",
    " ",
    "garbage",
    "{}",
    "====",
    "../../etc/passwd",
    "' OR 1=1 --",
    "\x00",
    "ü",
    "%",
    "x" * 10_000,
)
_MAY_BE = ("0", "1", "-1", "null", "[]", "e30=", "AAAA", "2026-06-24T09:30:00.125Z", "2026-06-24T09-30-00")
_PARENT = "01900000-0000-7000-8000-00000000fa11"
_QUERIES: tuple[dict[str, Any], ...] = (
    {},
    {"sort_direction": "asc"},
    {"sort_key": "updated_at"},
    {"sort_key": "recency_at", "sort_direction": "asc"},
    {"archived": True},
    {"archived": True, "sort_direction": "asc"},
    {"allowed_sources": ("exec",)},
    {"model_providers": ("provider-b",)},
    {"cwd_filters": ("/src/b",)},
    {"cwd_filters": ("/src/b", "/src/c")},
    {"search_term": "even"},
)
_RELATED: tuple[dict[str, Any], ...] = (
    {"relation_filter": ThreadRelationFilter(kind="direct_children_of", thread_id=_PARENT)},
    {"relation_filter": ThreadRelationFilter(kind="descendants_of", thread_id=_PARENT)},
)


def _threads_of_all_sorts(lab: Lab) -> list[ThreadId]:
    threads = []
    for place in range(12):
        b = place % 3 == 0
        thread = placed(
            lab,
            LATER + place // 2,
            source="exec" if place % 2 else "cli",
            parent_thread_id=_PARENT if place % 4 else None,
            metadata=environment(cwd="/src/b" if b else "/src/c", model_provider="provider-b" if b else "provider-c"),
        )
        lab.append(thread, user_message("said"))
        lab.patch(thread, preview="odd" if place % 2 else "even", updated_at=LATER - place)
        threads.append(thread)
    for thread in threads[::3]:
        lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    return threads


def _stays_inside(lab: Lab, giver: dict[str, Any], taker: dict[str, Any], cursor: str) -> None:
    told = f"the cursor of {giver} used with {taker}"
    answer = _answer(lab, query(lab, cursor=cursor, **taker))
    if isinstance(answer, ThreadStoreError):
        assert answer.kind is ErrorKind.INVALID_REQUEST, f"{told} was refused with {answer!r}"
        assert_names(answer, "cursor", told)
        return
    listing = shown(lab, **taker)
    came = ids_of(answer)
    assert [thread for thread in came if thread not in listing] == [], f"{told} shows threads from outside"
    assert [thread for thread in listing if thread in came] == came, f"{told} shows threads out of order or twice"


def _answer(lab: Lab, operation: ListThreadsParams) -> ThreadPage | ThreadStoreError:
    try:
        return lab.store.list_threads(operation)
    except ThreadStoreError as error:
        return error
