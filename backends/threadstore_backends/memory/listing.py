"""Listings: threads kept in the order of every sort key, walked from where a page ended.

A page costs what it shows and what its filters pass over, not what the store holds.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator

from attrs import define, field

from threadstore.errors import InvalidRequest
from threadstore.ids import ThreadId
from threadstore.jsonvalue import same_json
from threadstore.params import ListThreadsParams, ThreadRelationFilter
from threadstore.registration import Capabilities

from .cursor import Place, Query, decode, encode
from .threads import MemoryThread

#: Tells whether a thread passes a filter.
Filter = Callable[[MemoryThread], bool]

#: The fields that listings are ordered by.
SORT_KEYS = ("created_at", "updated_at", "recency_at")

#: How much of a message a snippet shows before and after what was found.
_AROUND = 40


def _empty_orders() -> dict[tuple[bool, str], list[Place]]:
    return {(archived, key): [] for archived in (False, True) for key in SORT_KEYS}


@define
class Index:
    """The visible threads in order, by side and sort key, and who is whose child."""

    _orders: dict[tuple[bool, str], list[Place]] = field(factory=_empty_orders)
    _children: dict[ThreadId, set[ThreadId]] = field(factory=dict)

    def add(self, thread: MemoryThread) -> None:
        """Take a thread in."""
        for key in SORT_KEYS:
            insort(self._orders[thread.archived, key], _place(thread, key))
        parent = thread.fields["parent_thread_id"]
        if parent is not None:
            self._children.setdefault(parent, set()).add(thread.thread_id)

    def remove(self, thread: MemoryThread) -> None:
        """Leave a thread out, which is as it was when taken in."""
        for key in SORT_KEYS:
            order = self._orders[thread.archived, key]
            del order[bisect_left(order, _place(thread, key))]
        parent = thread.fields["parent_thread_id"]
        if parent is not None:
            self._children[parent].remove(thread.thread_id)
            if not self._children[parent]:
                del self._children[parent]

    def walk(self, query: Query, after: Place | None) -> Iterator[ThreadId]:
        """Yield the ids on the query's side, in its order, that come strictly after a place."""
        order = self._orders[query.archived, query.sort_key]
        if query.sort_direction == "asc":
            start = 0 if after is None else bisect_right(order, after)
            positions = range(start, len(order))
        else:
            end = len(order) if after is None else bisect_left(order, after)
            positions = range(end - 1, -1, -1)
        return (order[position][1] for position in positions)

    def related(self, relation: ThreadRelationFilter) -> set[ThreadId]:
        """Return the ids of a thread's children or descendants, without its own."""
        found: set[ThreadId] = set()
        parents = [relation.thread_id]
        while parents:
            new = self._children.get(parents.pop(), set()) - found
            found |= new
            if relation.kind == "descendants_of":
                parents.extend(new)
        return found - {relation.thread_id}


def page(
    threads: dict[ThreadId, MemoryThread], index: Index, query: Query, matches: Filter, cap: int | None
) -> tuple[list[MemoryThread], str | None]:
    """Return one page of the threads that match, and the cursor of the next if there is one."""
    if query.page_size == 0:
        raise InvalidRequest("page_size must be at least 1, not 0", "page_size")
    limit = min(query.page_size, cap or query.page_size)
    found: list[MemoryThread] = []
    for thread_id in index.walk(query, decode(query)):
        thread = threads[thread_id]
        if not matches(thread):
            continue
        if len(found) == limit:
            return found, encode(query, _place(found[-1], query.sort_key))
        found.append(thread)
    return found, None


def list_filter(index: Index, query: ListThreadsParams, variants: Capabilities) -> Filter:
    """Return the filter of a listing: all of its filters together."""
    filters = [*_common_filters(query, variants)]
    providers = query.model_providers
    if providers is None and variants.default_provider is not None:
        providers = (variants.default_provider,)
    if providers:
        filters.append(_one_of("model_provider", providers))
    if query.cwd_filters is not None:
        filters.append(_one_of("cwd", query.cwd_filters))
    if query.search_term:
        term, contains = query.search_term, _contains(variants)
        filters.append(lambda t: contains(t.fields["name"] or "", term) or contains(t.fields["preview"], term))
    if query.relation_filter:
        related = index.related(query.relation_filter)
        filters.append(lambda thread: thread.thread_id in related)
    return _every(filters)


def search_filter(query: Query, term: str, variants: Capabilities) -> Filter:
    """Return the filter of a search: some message holds the term."""
    contains = _contains(variants)
    found: Filter = lambda thread: any(contains(message, term) for message in thread.messages)  # noqa: E731
    return _every([*_common_filters(query, variants), found])


def snippet(thread: MemoryThread, term: str, variants: Capabilities) -> str:
    """Return the surroundings of the term in the first message that holds it."""
    contains = _contains(variants)
    message = next(message for message in thread.messages if contains(message, term))
    searched = message
    if variants.search_ignores_case:
        searched, term = message.casefold(), term.casefold()
        if len(searched) != len(message):
            return message  # folding moved the characters: no telling where the term began
    start = searched.index(term)
    return message[max(0, start - _AROUND) : start + len(term) + _AROUND]


def _place(thread: MemoryThread, key: str) -> Place:
    return thread.fields[key], thread.thread_id


def _common_filters(query: Query, variants: Capabilities) -> Iterable[Filter]:
    if variants.hides_unpreviewed:
        yield lambda thread: thread.fields["preview"] != ""
    if query.allowed_sources:
        yield lambda thread: any(same_json(thread.fields["source"], source) for source in query.allowed_sources)


def _one_of(name: str, values: Iterable[str]) -> Filter:
    allowed = frozenset(values)
    return lambda thread: thread.fields[name] in allowed


def _contains(variants: Capabilities) -> Callable[[str, str], bool]:
    if variants.search_ignores_case:
        return lambda text, term: term.casefold() in text.casefold()
    return lambda text, term: term in text


def _every(filters: list[Filter]) -> Filter:
    return lambda thread: all(passes(thread) for passes in filters)
