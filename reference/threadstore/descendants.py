"""The sub-agents below a thread, for a manager that archives and deletes them along with it (ROUTE-3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .ids import ThreadId
from .params import ListThreadsParams
from .session import LoadedThread
from .shown import shown
from .store import ThreadStore
from .thread import StoredThread

PAGE_SIZE = 100


def descendants(store: ThreadStore, root: ThreadId, loaded: Iterable[LoadedThread]) -> tuple[ThreadId, ...]:
    """Return the threads whose chain of parents leads to ``root``, nearer ones first; none if it is not stored.

    They are found among the loaded threads and those that a list of either side shows.
    """
    if shown(store, root) is None:
        return ()
    parents = {thread.thread_id: thread.parent_thread_id for thread in loaded if not thread.ephemeral}
    parents |= {thread.thread_id: thread.parent_thread_id for side in (False, True) for thread in _side(store, side)}
    parents.pop(root, None)
    found: list[ThreadId] = []
    level = {root}
    while level:
        children = [thread_id for thread_id, parent in parents.items() if parent in level]
        for child in children:
            del parents[child]
        found += children
        level = set(children)
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
