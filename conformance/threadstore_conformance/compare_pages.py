"""Comparing a page with the rows that the model gives: which threads, in which order, and how it ends."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from threadstore import StoredThread, ThreadPage, ThreadSearchPage
from threadstore.model_listing import comes_after, sort_place
from threadstore.outcomes import Rows
from threadstore.thread import StoredThreadSearchResult

from .compare_values import Bindings, Mismatch, judge_value

#: How a page may be wrong, in words.
LACKING, STRAY, TWICE, ORDER = (
    "which lacks threads", "which shows others", "which shows one twice", "in another order"
)  # fmt: skip


def judge_page(rows: Rows, actual: Any, found: Bindings) -> Mismatch | None:
    """Return what is wrong with a page; nothing when it conforms."""
    cls = ThreadPage if rows.snippet is None else ThreadSearchPage
    if type(actual) is not cls:
        return Mismatch("", f"a {cls.__name__}", actual)
    threads: list[Any] = []
    for index, item in enumerate(actual.items):
        if rows.snippet is None:
            threads.append(item)
        elif type(item) is not StoredThreadSearchResult:
            return Mismatch(f"items[{index}]", "a StoredThreadSearchResult", item)
        elif rows.snippet.casefold() not in item.snippet.casefold():
            return Mismatch(f"items[{index}].snippet", f"text that contains {rows.snippet!r}", item.snippet)
        else:
            threads.append(item.thread)
    return (
        _judge_rows(rows, threads, found)
        or _judge_order(rows, threads)
        or _judge_end(rows, threads, actual.next_cursor)
    )


def _judge_rows(rows: Rows, threads: list[Any], found: Bindings) -> Mismatch | None:
    due = {thread.thread_id: place for place, thread in enumerate(rows.due)}
    known = {thread.thread_id: thread for thread in rows.due + rows.touched}
    expected_ids = [thread.thread_id for thread in rows.due[: rows.limit]]
    actual_ids = [getattr(thread, "thread_id", thread) for thread in threads]
    strays = [thread_id for thread_id in actual_ids if thread_id not in known]
    if strays:
        stray = threads[actual_ids.index(strays[0])]
        return Mismatch("items", expected_ids, actual_ids, _membership(rows, stray), STRAY)
    if len(set(actual_ids)) < len(actual_ids):
        return Mismatch("items", expected_ids, actual_ids, "LIST-1", TWICE)
    places = [due[thread_id] for thread_id in actual_ids if thread_id in due]
    if places and sorted(places) == list(range(len(places))) and places != list(range(len(places))):
        return Mismatch("items", expected_ids, actual_ids, "LIST-2", ORDER)
    if places != list(range(len(places))):
        clause = "LIST-3" if rows.after else _membership(rows)
        return Mismatch("items", expected_ids, actual_ids, clause, LACKING)
    for index, thread in enumerate(threads):
        mismatch = judge_value(known[thread.thread_id], thread, f"items[{index}]", found)
        if mismatch:
            return mismatch
    return None


def _membership(rows: Rows, stray: Any = None) -> str:
    """Name the clause that says which threads a query shows."""
    query: Any = rows.query
    if stray is not None and (getattr(stray, "archived_at", None) is not None) != query.archived:
        return "ARCH-2"
    if rows.snippet is not None:
        return "SEARCH-1"
    if query.relation_filter is not None:
        return "LIST-6"
    filters = {
        "LIST-5a": query.allowed_sources,
        "LIST-5b": query.model_providers,
        "LIST-5c": query.cwd_filters is not None,
        "LIST-5d": query.search_term,
    }
    used = [clause for clause, filtered in filters.items() if filtered]
    return used[0] if len(used) == 1 else "LIST-5" if used else "LIST-1"


def _judge_order(rows: Rows, threads: list[StoredThread]) -> Mismatch | None:
    places = [sort_place(thread, rows.query.sort_key) for thread in threads]
    descending = rows.query.sort_direction == "desc"
    if all(comes_after(b, a, descending) for a, b in pairwise(places)):
        return None
    return Mismatch("items", sorted(places, reverse=descending), places, "LIST-2", ORDER)


def _judge_end(rows: Rows, threads: list[StoredThread], next_cursor: Any) -> Mismatch | None:
    if next_cursor is not None and not isinstance(next_cursor, str):
        return Mismatch("next_cursor", "text, or absent", next_cursor)
    if len(threads) > rows.limit:
        return Mismatch("items", f"at most {rows.limit} threads", len(threads), "LIST-3", "which are too many")
    shown = {thread.thread_id for thread in threads}
    left = [thread.thread_id for thread in rows.due if thread.thread_id not in shown]
    if left and not threads:
        return Mismatch("items", left[: rows.limit], [], "LIST-3" if rows.after else _membership(rows), LACKING)
    if left and next_cursor is None:
        return Mismatch(
            "next_cursor", f"a cursor, since {left[0]} is still to come", None, "LIST-3", "which ends too early"
        )
    if not left and next_cursor is not None and not rows.touched:
        return Mismatch("next_cursor", None, next_cursor, "LIST-3", "which has no end")
    return None
