"""The model's second half: what a page of a listing or a search may hold (LIST, SEARCH)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import evolve

from . import params as p
from .ids import ThreadId
from .items import RolloutItem
from .jsonvalue import same_json
from .outcomes import Either, Err, Ok, Outcome, Position, Rows
from .registration import Capabilities
from .state import State, Step, Thread, invalid, refusal
from .thread import StoredThread


def list_threads(state: State, params: p.ListThreadsParams) -> Step:
    """Filters combine by *and* (LIST-5); relations are followed through every thread (LIST-6)."""
    return state, _page(state, params, _list_filter(state, params), "LIST-4")


def _list_filter(state: State, params: p.ListThreadsParams) -> Callable[[Thread], bool]:
    variants = state.variants
    providers = params.model_providers
    if providers is None and variants.default_provider is not None:
        providers = (variants.default_provider,)
    related = _related(state, params.relation_filter) if params.relation_filter else None

    def matches(thread: Thread) -> bool:
        record = thread.record
        return (
            (not providers or record.model_provider in providers)
            and (params.cwd_filters is None or record.cwd in params.cwd_filters)
            and (related is None or record.thread_id in related)
            and any(_contains(variants, text, params.search_term or "") for text in (record.name, record.preview))
        )

    return matches


def _related(state: State, relation: p.ThreadRelationFilter) -> set[ThreadId]:
    """Return the ids of the children, or of all descendants, through threads of either side (LIST-6)."""
    found: set[ThreadId] = set()
    parents = {relation.thread_id}
    while parents:
        children = {
            thread.record.thread_id
            for thread in state.threads.values()
            if thread.visible and thread.record.parent_thread_id in parents
        }
        parents = children - found if relation.kind == "descendants_of" else set()
        found |= children
    return found - {relation.thread_id}


def search_threads(state: State, params: p.SearchThreadsParams) -> Step:
    """A thread is found by the messages of its user and its agent (SEARCH-1)."""

    def matches(thread: Thread) -> bool:
        return any(_contains(state.variants, text, params.search_term) for text in visible_content(thread.history))

    return state, _page(state, params, matches, "SEARCH-1")


def visible_content(history: Iterable[RolloutItem]) -> Iterable[str]:
    """Yield what a person sees of a history: the messages of the user and of the agent."""
    for item in history:
        if item.type == "event_msg" and item.payload.get("type") in ("user_message", "agent_message"):
            message = item.payload.get("message")
            if isinstance(message, str):
                yield message


def _contains(variants: Capabilities, text: str | None, term: str) -> bool:
    if variants.search_ignores_case:
        return term.casefold() in (text or "").casefold()
    return term in (text or "")


def _page(
    state: State,
    params: p.ListThreadsParams | p.SearchThreadsParams,
    matches: Callable[[Thread], bool],
    clause: str,
) -> Outcome:
    cursor: Any = params.cursor
    refused = refusal(
        (cursor is not None and not isinstance(cursor, Position), invalid("cursor", clause)),
        (isinstance(params, p.SearchThreadsParams) and not params.search_term, invalid("search_term", clause)),
        (params.page_size == 0, invalid("page_size", "LIST-4")),
    )
    query = evolve(params, page_size=1, cursor=None)
    snippet = params.search_term if isinstance(params, p.SearchThreadsParams) else None
    empty = Ok(Rows((), (), 0, query, 0, None, snippet))
    if isinstance(refused, Err) and params.page_size == 0:
        return Either((refused, empty))
    if refused:
        return refused
    limit = min(params.page_size, state.variants.page_cap or params.page_size)
    since, after = (state.changes, None) if cursor is None else (cursor.since, cursor.after)
    here = [t for t in state.threads.values() if _listable(state, t, params) and matches(t)]
    if cursor is not None and not _same_query(cursor.query, query):
        stray = Rows((), tuple(t.record for t in here), limit, query, since, after, snippet)
        return Either((invalid("cursor", "LIST-4c"), Ok(stray)))
    descending = params.sort_direction == "desc"

    def changed(thread: Thread) -> int:
        return max(thread.touched, thread.spoken if snippet is not None else 0)

    due = sorted(
        (t.record for t in here if changed(t) <= since),
        key=lambda record: sort_place(record, params.sort_key),
        reverse=descending,
    )
    if after is not None:
        due = [r for r in due if comes_after(sort_place(r, params.sort_key), after, descending)]
    touched = tuple(t.record for t in here if changed(t) > since)
    page = Ok(Rows(tuple(due), touched, limit, query, since, after, snippet))
    by_index = isinstance(params, p.ListThreadsParams) and params.use_state_db_only
    return Either((page, empty)) if by_index and state.variants.without_index else page


def _same_query(a: Any, b: Any) -> bool:
    # Sources are JSON: to == alone, {"custom": 1} and {"custom": true} would be the same filter.
    return bool(a == b) and same_json(list(a.allowed_sources), list(b.allowed_sources))


def _listable(state: State, thread: Thread, params: p.ListThreadsParams | p.SearchThreadsParams) -> bool:
    record, sources = thread.record, params.allowed_sources
    return (
        thread.visible
        and thread.archived == params.archived
        and bool(record.preview or not state.variants.hides_unpreviewed)
        and (not sources or any(same_json(record.source, source) for source in sources))
    )


def sort_place(record: StoredThread, key: str) -> tuple[int, ThreadId]:
    """Return where a thread stands in the order of a sort key: by its value, then by id (LIST-2)."""
    return getattr(record, key), record.thread_id


def comes_after(place: tuple[int, ThreadId], after: tuple[int, ThreadId], descending: bool) -> bool:
    """Tell whether a place is strictly beyond another in a direction."""
    return place < after if descending else place > after
