"""The sub-agents below a thread, for a manager that archives and deletes them along with it (ROUTE-3)."""

from __future__ import annotations

from collections.abc import Iterator

from .errors import InvalidRequest, ThreadNotFound
from .ids import ThreadId
from .params import ListThreadsParams, ReadThreadParams
from .store import ThreadStore
from .thread import StoredThread

PAGE_SIZE = 100


def descendants(store: ThreadStore, root: ThreadId) -> tuple[StoredThread, ...]:
    """Return the threads whose chain of parents leads to ``root``, nearer ones first; none if it is not stored."""
    try:
        store.read_thread(ReadThreadParams(thread_id=root, include_archived=True))
    except (ThreadNotFound, InvalidRequest):
        return ()
    others = [t for archived in (False, True) for t in _side(store, archived) if t.thread_id != root]
    found: list[StoredThread] = []
    level = {root}
    while level:
        children = [thread for thread in others if thread.parent_thread_id in level]
        others = [thread for thread in others if thread not in children]
        found += children
        level = {child.thread_id for child in children}
    return tuple(found)


def _side(store: ThreadStore, archived: bool) -> Iterator[StoredThread]:
    cursor: str | None = None
    while True:
        # An empty list of providers shows the threads of all.
        page = store.list_threads(
            ListThreadsParams(page_size=PAGE_SIZE, archived=archived, model_providers=(), cursor=cursor)
        )
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return
