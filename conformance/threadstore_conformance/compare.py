"""Judging an answer by the model's outcome: does it conform, and which open values did it show?"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import attrs
from attrs import field, frozen

from threadstore import (
    RolloutItem,
    SessionMeta,
    StoredThread,
    StoredThreadHistory,
    ThreadPage,
    ThreadSearchPage,
    ThreadStoreError,
)
from threadstore.errors import ErrorKind
from threadstore.fields import MAX_TIMESTAMP
from threadstore.jsonvalue import same_json
from threadstore.model_listing import comes_after, sort_place
from threadstore.outcomes import Either, Err, Open, Outcome, Rows
from threadstore.session import LoadedThread, OutboundRequest
from threadstore.thread import StoredThreadSearchResult


@frozen
class Returned:
    """The store answered with a value."""

    value: Any


@frozen
class Raised:
    """The store answered with an error."""

    error: ThreadStoreError


Answer = Returned | Raised


@frozen
class Mismatch:
    """The answer does not conform."""

    #: Where in the answer: ``name``, ``history.items[2]``, ``error``, ``page.items[0].preview``, …
    path: str
    expected: Any
    actual: Any
    #: The clause, where the model's outcome itself names it.
    clause: str | None = None


@frozen
class Match:
    """The answer conforms."""

    #: The open values that it showed.
    bindings: tuple[tuple[Open, Any], ...] = ()
    #: The page's rows, when the answer is a page.
    rows: Rows | None = field(default=None)


def judge(outcome: Outcome, answer: Answer, unseen: frozenset[str] = frozenset(), grain: int = 0) -> Match | Mismatch:
    """Compare an answer with the outcome that the model gives, the fields left out that nothing shows.

    Two times of a thread that are less than the grain apart are one, in milliseconds.
    """
    if isinstance(outcome, Either):
        verdicts = [judge(each, answer, unseen, grain) for each in outcome.outcomes]
        matches = [verdict for verdict in verdicts if isinstance(verdict, Match)]
        return matches[0] if matches else _nearest(outcome, verdicts, answer)
    if isinstance(outcome, Err):
        return _judge_error(outcome, answer)
    if isinstance(answer, Raised):
        return Mismatch("error", outcome.value, answer.error)
    found = _Bindings(unseen, grain)
    expected, actual = outcome.value, answer.value
    if isinstance(expected, Rows):
        mismatch = _judge_page(expected, actual, found)
        return mismatch or Match(tuple(found.seen), expected)
    return _judge_value(expected, actual, "", found) or Match(tuple(found.seen))


def _nearest(outcome: Either, verdicts: list[Match | Mismatch], answer: Answer) -> Mismatch:
    # The alternative of the answer's own sort says best what is wrong with it.
    for each, verdict in zip(outcome.outcomes, verdicts, strict=True):
        if isinstance(verdict, Mismatch) and isinstance(each, Err) == isinstance(answer, Raised):
            return verdict
    first = verdicts[0]
    assert isinstance(first, Mismatch)
    return first


def _judge_error(outcome: Err, answer: Answer) -> Match | Mismatch:
    if isinstance(answer, Returned):
        return Mismatch("", outcome, answer.value, outcome.clause)
    error = answer.error
    if error.kind not in outcome.kinds:
        return Mismatch("error.kind", outcome, error, outcome.clause)
    named: Any = str(error)
    if error.kind is ErrorKind.THREAD_NOT_FOUND:
        named = getattr(error, "thread_id", None)
    elif error.kind is ErrorKind.UNSUPPORTED:
        named = getattr(error, "operation", None)
    elif names(named, outcome.about):
        return Match()
    if error.kind in (ErrorKind.THREAD_NOT_FOUND, ErrorKind.UNSUPPORTED) and named == outcome.about:
        return Match()
    return Mismatch("error", f"an error that names {outcome.about}", error, "READ-3")


def names(text: str, word: str) -> bool:
    """Tell whether a text has a field's name or an id as a word of its own; ``agent_nickname`` names no ``name``."""
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", text) is not None


class _Bindings:
    """The open values seen so far in one answer: two fields that share one must show the same."""

    def __init__(self, unseen: frozenset[str], grain: int) -> None:
        self.unseen = unseen
        self.grain = grain
        self.seen: list[tuple[Open, Any]] = []

    def of(self, name: Open) -> Any:
        for known, value in self.seen:
            if (known.thread_id, known.name) == (name.thread_id, name.name):
                return name.bound(value)
        return _UNSEEN


_UNSEEN = object()
_TIMES = ("created", "archived_at", "updated_at", "recency_at")
#: The times of a thread, by their fields.
THREAD_TIMES = ("created_at", "updated_at", "recency_at", "archived_at")
#: What an open value may be.
_OPEN_TYPES: dict[str, Any] = {
    "rollout_path": str,
    "cli_version": str,
    "approval_mode": str | None,
    "permission_profile": dict | None,
}


def _judge_value(expected: Any, actual: Any, path: str, found: _Bindings) -> Mismatch | None:
    kind = type(expected)
    if kind is Open:
        return _judge_open(expected, actual, path, found)
    if kind in _FIELDS:
        return _judge_fields(expected, actual, path, found)
    if kind is StoredThreadHistory:
        return _judge_history(expected, actual, path, found)
    if type(actual) is not kind and attrs.has(kind):
        return Mismatch(path, expected, actual)
    if attrs.has(kind):
        return None if expected == actual and _same_types(expected, actual) else Mismatch(path, expected, actual)
    # A timestamp that comes back as a float is the same number, and not the same value of the field.
    same = same_json(expected, actual) and not (kind is int and type(actual) is not int)
    return None if same else Mismatch(path, expected, actual)


def _same_types(expected: Any, actual: Any) -> bool:
    return all(type(getattr(expected, a.name)) is type(getattr(actual, a.name)) for a in attrs.fields(type(expected)))


def _judge_open(expected: Open, actual: Any, path: str, found: _Bindings) -> Mismatch | None:
    known = found.of(expected)
    if known is not _UNSEEN:
        return None if same_json(known, actual) else Mismatch(path, known, actual)
    if expected.name.split(":")[0] in _TIMES and not (type(actual) is int and 0 <= actual <= MAX_TIMESTAMP):
        return Mismatch(path, "a time in whole milliseconds", actual)
    if expected.among is not None and not any(_judge_value(one, actual, path, found) is None for one in expected.among):
        return Mismatch(path, f"one of {expected.among}", actual)
    if expected.at_least is not None and actual < expected.at_least - found.grain:
        return Mismatch(path, f"at least {expected.at_least}", actual)
    if not isinstance(actual, _OPEN_TYPES.get(expected.name, object)):
        return Mismatch(path, f"a value of the type of {expected.name}", actual)
    found.seen.append((expected, actual))
    return None


#: Results that are compared field by field, because some of their fields may be open or JSON.
_FIELDS = {cls: tuple(a.name for a in attrs.fields(cls)) for cls in (StoredThread, LoadedThread, OutboundRequest)}


def _judge_fields(expected: Any, actual: Any, path: str, found: _Bindings) -> Mismatch | None:
    if type(actual) is not type(expected):
        return Mismatch(path, expected, actual)
    for name in _FIELDS[type(expected)]:
        want, got = getattr(expected, name), getattr(actual, name)
        if want is got or (type(want) is str and type(got) is str and want == got):
            continue
        if found.unseen and f"{type(expected).__name__}.{name}" in found.unseen:
            continue
        if found.grain and name in THREAD_TIMES and _is_near(want, got, found):
            continue
        mismatch = _judge_value(want, got, f"{path}.{name}" if path else name, found)
        if mismatch:
            return mismatch
    return None


def _is_near(expected: Any, actual: Any, found: _Bindings) -> bool:
    known = found.of(expected) if type(expected) is Open else expected
    return type(known) is int and type(actual) is int and abs(known - actual) < found.grain


def _judge_history(expected: StoredThreadHistory, actual: Any, path: str, found: _Bindings) -> Mismatch | None:
    path = f"{path}.items" if path else "items"
    if type(actual) is not StoredThreadHistory:
        return Mismatch(path, expected, actual)
    if actual.thread_id != expected.thread_id:
        return Mismatch(path, expected.thread_id, actual.thread_id)
    for index, (want, got) in enumerate(zip(expected.items, actual.items, strict=False)):
        left_open: Any = want.payload
        if isinstance(left_open, Open):
            mismatch = _judge_session_meta(left_open, got, f"{path}[{index}]", found)
            if mismatch:
                return mismatch
        elif not isinstance(got, RolloutItem) or want != got:
            # The same record with another value is one thing, a lost or doubled or moved record another.
            altered = isinstance(got, RolloutItem) and got.kind == want.kind and got not in expected.items
            same_length = len(expected.items) == len(actual.items)
            return Mismatch(f"{path}[{index}]", want, got, "APPEND-5" if altered and same_length else None)
    if len(expected.items) != len(actual.items):
        index = min(len(expected.items), len(actual.items))
        return Mismatch(f"{path}[{index}:]", expected.items[index:][:3], actual.items[index:][:3])
    return None


#: What of a thread's own SessionMeta is the store's own affair.
_STORES_OWN = ("timestamp", "cli_version", "git")


def _judge_session_meta(expected: Open, actual: Any, path: str, found: _Bindings) -> Mismatch | None:
    if not isinstance(actual, RolloutItem) or actual.type != "session_meta":
        return Mismatch(path, "the thread's own session_meta", actual)
    try:
        facts = SessionMeta.of(actual.payload)
    except (ValueError, TypeError, AttributeError):
        return Mismatch(path, "the thread's own session_meta", actual)
    for attribute in attrs.fields(SessionMeta):
        name = attribute.name
        want, got = getattr(expected.facts, name), getattr(facts, name)
        if f"SessionMeta.{name}" in found.unseen or (not want and f"SessionMeta.{name}?" in found.unseen):
            continue
        # Absent, null and the default are the same fact (LIFE-1), and so is an empty text.
        if name not in _STORES_OWN and type(want) is not Open and not same_json(want, got) and (want or got):
            return Mismatch(f"{path}.payload.{name}", want, got)
    found.seen.append((expected, actual))
    return None


def _judge_page(rows: Rows, actual: Any, found: _Bindings) -> Mismatch | None:
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


def _judge_rows(rows: Rows, threads: list[Any], found: _Bindings) -> Mismatch | None:
    due = {thread.thread_id: place for place, thread in enumerate(rows.due)}
    known = {thread.thread_id: thread for thread in rows.due + rows.touched}
    expected_ids = [thread.thread_id for thread in rows.due[: rows.limit]]
    actual_ids = [getattr(thread, "thread_id", thread) for thread in threads]
    strays = [thread_id for thread_id in actual_ids if thread_id not in known]
    if strays:
        stray = threads[actual_ids.index(strays[0])]
        return Mismatch("items", expected_ids, actual_ids, _membership(rows, stray))
    if len(set(actual_ids)) < len(actual_ids):
        return Mismatch("items", expected_ids, actual_ids, "LIST-1")
    places = [due[thread_id] for thread_id in actual_ids if thread_id in due]
    if places and sorted(places) == list(range(len(places))) and places != list(range(len(places))):
        return Mismatch("items", expected_ids, actual_ids, "LIST-2")
    if places != list(range(len(places))):
        return Mismatch("items", expected_ids, actual_ids, "LIST-3" if rows.after else _membership(rows))
    for index, thread in enumerate(threads):
        mismatch = _judge_value(known[thread.thread_id], thread, f"items[{index}]", found)
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
    return Mismatch("items", sorted(places, reverse=descending), places, "LIST-2")


def _judge_end(rows: Rows, threads: list[StoredThread], next_cursor: Any) -> Mismatch | None:
    if next_cursor is not None and not isinstance(next_cursor, str):
        return Mismatch("next_cursor", "text, or absent", next_cursor)
    if len(threads) > rows.limit:
        return Mismatch("items", f"at most {rows.limit} threads", len(threads), "LIST-3")
    shown = {thread.thread_id for thread in threads}
    left = [thread.thread_id for thread in rows.due if thread.thread_id not in shown]
    if left and not threads:
        return Mismatch("items", left[: rows.limit], [], "LIST-3" if rows.after else _membership(rows))
    if left and next_cursor is None:
        return Mismatch("next_cursor", f"a cursor, since {left[0]} is still to come", None, "LIST-3")
    if not left and next_cursor is not None and not rows.touched:
        return Mismatch("next_cursor", None, next_cursor, "LIST-3")
    return None
