"""Words that the checks of LIST and SEARCH share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import attrs

from threadstore import (
    ErrorKind,
    ListThreadsParams,
    SearchThreadsParams,
    ThreadId,
    ThreadPage,
    ThreadPersistenceMetadata,
    ThreadStoreError,
)
from threadstore_conformance.lab import METADATA, Lab, user_message

from .refusing import assert_names

#: A time far ahead of every clock, in milliseconds: recency_at can be moved to it.
LATER = 4_000_000_000_000

SORT_KEYS = ("created_at", "updated_at", "recency_at")
ORDERS: tuple[dict[str, Any], ...] = tuple(
    {"sort_key": key, "sort_direction": direction} for key, direction in product(SORT_KEYS, ("asc", "desc"))
)


def listable(lab: Lab, thread_id: ThreadId | None = None, **facts: Any) -> ThreadId:
    """Create a thread that listings show, whatever the store hides."""
    thread = lab.create(thread_id, **facts)
    if lab.capabilities.hides_unpreviewed:
        lab.patch(thread, preview="listed")
    return thread


def placed(lab: Lab, at: int, thread_id: ThreadId | None = None, **facts: Any) -> ThreadId:
    """Create a thread that stands at one time in the order of every sort key."""
    thread = listable(lab, thread_id, **facts)
    lab.patch(thread, created_at=at, updated_at=at, advance_recency_at=at)
    return thread


def shuffled_ids(lab: Lab, count: int) -> list[ThreadId]:
    """Return new ids in an order that is neither theirs nor its reverse."""
    ids = [lab.new_id() for _ in range(count)]
    return ids[1::2] + ids[::2][::-1]


def environment(**changes: Any) -> ThreadPersistenceMetadata:
    """Return the environment that threads have by default, some of it changed."""
    return attrs.evolve(METADATA, **changes)


def query(lab: Lab, **parameters: Any) -> ListThreadsParams:
    """Return a listing of all providers with these parameters."""
    # Omitted providers mean one provider in some stores (LIST-5b); an empty list means all in every store.
    every = {} if lab.capabilities.default_provider is None else {"model_providers": ()}
    return ListThreadsParams(**{"page_size": 50, **every, **parameters})


def shown(lab: Lab, **parameters: Any) -> list[ThreadId]:
    """Walk a listing to its end and return the ids in order."""
    return [thread_id for page in lab.pages(query(lab, **parameters)) for thread_id in page]


def page(lab: Lab, **parameters: Any) -> ThreadPage:
    """Return one page of a listing."""
    return lab.store.list_threads(query(lab, **parameters))


def ids_of(page: ThreadPage) -> list[ThreadId]:
    """Return the ids on a page."""
    return [thread.thread_id for thread in page.items]


def found(lab: Lab, term: str, **parameters: Any) -> list[ThreadId]:
    """Walk a search to its end and return the ids in order."""
    pages = lab.pages(SearchThreadsParams(search_term=term, **{"page_size": 50, **parameters}))
    return [thread_id for page in pages for thread_id in page]


def said(lab: Lab, at: int, thread_id: ThreadId | None = None, **facts: Any) -> ThreadId:
    """Create a thread that stands at one time in every order, and in which a needle was said."""
    thread = placed(lab, at, thread_id, **facts)
    lab.append(thread, user_message("a needle was said"))
    return thread


def altered_texts(text: str) -> Iterator[str]:
    """Yield texts that are nearly this one: cut short, extended, and changed at every place."""
    yield from (text[:-1], text[: len(text) // 2], text[1:], text + "A", text + text, f" {text}", f"{text}\n")
    for place, letter in enumerate(text):
        for other in ("A", "1"):
            if letter != other:
                yield text[:place] + other + text[place + 1 :]


def assert_asked_or_refused(answer: Any, asked: Sequence[ThreadId], cursor: str) -> None:
    """Assert that the answer to a cursor names it in a refusal, or shows threads that were asked for (LIST-4c)."""
    if isinstance(answer, ThreadStoreError):
        assert answer.kind is ErrorKind.INVALID_REQUEST, f"cursor {cursor!r} was answered with {answer!r}"
        assert_names(answer, "cursor", f"cursor {cursor!r}")
        return
    shown_ids = [getattr(row, "thread", row).thread_id for row in answer.items]
    strays = [thread_id for thread_id in shown_ids if thread_id not in asked]
    assert strays == [], f"cursor {cursor!r} led to threads that were not asked for: {strays}"
