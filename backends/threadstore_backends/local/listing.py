"""Listing and search: pages by keyset, so that a page costs the same anywhere, and changes meanwhile lose nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson
from attrs import define, field

from threadstore.errors import InvalidRequest, ThreadStoreError
from threadstore.params import ListThreadsParams, SearchThreadsParams
from threadstore.thread import StoredThreadSearchResult, ThreadPage, ThreadSearchPage

from . import cursors, rollout
from .catalog import Catalog
from .cursors import Place
from .rows import Row, source_key

#: More than anybody looks at; a page may be smaller than was asked.
_LARGEST_PAGE = 100_000

#: How many threads a search looks at in one query of the index.
_BATCH = 200

#: Characters of a snippet on each side of the term.
_AROUND = 60

_DESCENDANTS = """WITH RECURSIVE descendants (id) AS (
    SELECT thread_id FROM threads WHERE parent_thread_id = ? AND NOT hidden
    UNION
    SELECT threads.thread_id FROM threads JOIN descendants ON parent_thread_id = descendants.id WHERE NOT hidden
)"""


def list_threads(catalog: Catalog, params: ListThreadsParams) -> ThreadPage:
    """Return a page of a listing (LIST-1 to LIST-7)."""
    place = _checked(params)
    if params.cwd_filters is not None and not params.cwd_filters:
        return ThreadPage(())
    query = _query(params)
    size = min(params.page_size, _LARGEST_PAGE)
    rows = query.after(catalog, place, size + 1)
    page = tuple(catalog.shown(row.thread) for row in rows[:size])
    return ThreadPage(page, _next(params, rows, size))


def search_threads(catalog: Catalog, params: SearchThreadsParams) -> ThreadSearchPage:
    """Return a page of the threads in whose messages the term is (SEARCH-1)."""
    if not params.search_term:
        raise InvalidRequest("search_term must not be empty", "search_term")
    place = _checked(params)
    size = min(params.page_size, _LARGEST_PAGE)
    hits: list[tuple[Row, str]] = []
    for row in _walk(catalog, _query(params), place):
        snippet = _snippet_in(catalog, row, params.search_term)
        if snippet is not None:
            hits.append((row, snippet))
            if len(hits) > size:
                break
    page = tuple(StoredThreadSearchResult(catalog.shown(row.thread), text) for row, text in hits[:size])
    return ThreadSearchPage(page, _next(params, [row for row, _ in hits], size))


def visible_text(data: bytes, may_match: Callable[[bytes], bool]) -> Iterator[str]:
    """Yield the messages of the user and the agent in a rollout's text, of the lines that may match."""
    for line in data.split(b"\n"):
        if not may_match(line):
            continue
        try:
            record = orjson.loads(line)
            payload = record["payload"]
            if record["type"] == "event_msg" and payload.get("type") in ("user_message", "agent_message"):
                message = payload.get("message")
                if isinstance(message, str):
                    yield message
        except (ValueError, TypeError, KeyError, AttributeError):
            continue


@define
class _Query:
    """The conditions of a query in SQL."""

    key: str
    descending: bool
    conditions: list[str] = field(factory=list)
    values: list[Any] = field(factory=list)
    before: str = ""
    before_values: list[Any] = field(factory=list)

    def where(self, condition: str, *values: Any) -> None:
        self.conditions.append(condition)
        self.values += values

    def one_of(self, column: str, values: Iterable[Any]) -> None:
        given = list(dict.fromkeys(values))
        self.where(f"{column} IN ({', '.join('?' * len(given))})", *given)

    def after(self, catalog: Catalog, place: Place | None, limit: int) -> list[Row]:
        """Return the next rows beyond a place."""
        conditions, values = list(self.conditions), [*self.before_values, *self.values]
        if place is not None:
            conditions.append(f"({self.key}, thread_id) {'<' if self.descending else '>'} (?, ?)")
            values += (place.value, place.thread_id)
        direction = "DESC" if self.descending else "ASC"
        rest = f"WHERE {' AND '.join(conditions)} ORDER BY {self.key} {direction}, thread_id {direction} LIMIT ?"
        return catalog.index.select(rest, (*values, limit), self.before)


def _query(params: ListThreadsParams | SearchThreadsParams) -> _Query:
    query = _Query(params.sort_key, params.sort_direction == "desc")
    query.where("archived = ? AND hidden = 0", params.archived)
    if params.allowed_sources:
        query.one_of("source_key", map(source_key, params.allowed_sources))
    if isinstance(params, SearchThreadsParams):
        return query
    if params.model_providers:
        query.one_of("model_provider", params.model_providers)
    if params.cwd_filters is not None:
        query.one_of("cwd", params.cwd_filters)
    if params.search_term:
        query.where("(instr(coalesce(name, ''), ?) OR instr(preview, ?))", params.search_term, params.search_term)
    _relate(query, params)
    return query


def _relate(query: _Query, params: ListThreadsParams) -> None:
    relation = params.relation_filter
    if relation is None:
        return
    query.where("thread_id <> ?", relation.thread_id)
    if relation.kind == "direct_children_of":
        query.where("parent_thread_id = ?", relation.thread_id)
        return
    query.before, query.before_values = _DESCENDANTS, [relation.thread_id]
    query.where("thread_id IN (SELECT id FROM descendants)")


def _checked(params: ListThreadsParams | SearchThreadsParams) -> Place | None:
    if params.page_size == 0:
        raise InvalidRequest("page_size must be at least 1, not 0", "page_size")
    return cursors.decode(params)


def _next(params: ListThreadsParams | SearchThreadsParams, rows: list[Row], size: int) -> str | None:
    return cursors.encode(params, _place(params.sort_key, rows[size - 1])) if len(rows) > size else None


def _place(key: str, row: Row) -> Place:
    return Place(getattr(row.thread, key), row.thread.thread_id)


def _walk(catalog: Catalog, query: _Query, place: Place | None) -> Iterator[Row]:
    while rows := query.after(catalog, place, _BATCH):
        yield from rows
        place = _place(query.key, rows[-1])


def _snippet_in(catalog: Catalog, row: Row, term: str) -> str | None:
    path = catalog.layout.physical(row.path)
    if path is None:
        return None
    try:
        data = rollout.read_bytes(path)
    except ThreadStoreError:
        return None  # a rollout that cannot be read has no content to find
    may_match = _prefilter(term)
    if not may_match(data):
        return None
    for text in visible_text(data, may_match):
        at = text.find(term)
        if at >= 0:
            return _snippet(text, at, len(term))
    return None


def _prefilter(term: str) -> Callable[[bytes], bool]:
    """Return a quick test that text with the term in a JSON string always passes."""
    if term.isascii() and term.isprintable() and not set(term) & set('"\\/'):
        raw = term.encode()
        return lambda text: raw in text
    return lambda text: b"_message" in text


def _snippet(text: str, at: int, length: int) -> str:
    start, end = max(0, at - _AROUND), min(len(text), at + length + _AROUND)
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
