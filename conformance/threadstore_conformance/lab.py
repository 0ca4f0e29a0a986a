"""Where directed checks work: a store on a home of its own, a clock, ids, and a few short words.

A check demands one clause and looks at as little else as it can, so that what it rejects is broken in that clause.
The same check runs on eager and lazy stores: `Lab.create` leaves a thread visible either way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar
from uuid import UUID

import attrs
import pytest

from threadstore import (
    AppendThreadItemsParams,
    Backend,
    Capabilities,
    CreateThreadParams,
    ErrorKind,
    ListThreadsParams,
    LoadThreadHistoryParams,
    Operation,
    PersistThreadParams,
    ReadThreadParams,
    RolloutItem,
    SearchThreadsParams,
    ShutdownThreadParams,
    StoredThread,
    ThreadId,
    ThreadMetadataPatch,
    ThreadPersistenceMetadata,
    ThreadStore,
    ThreadStoreError,
    UpdateThreadMetadataParams,
    perform,
)

from .homes import close_store, fresh_home, open_store
from .subject import Subject, ToldClock

MISSING = (ErrorKind.THREAD_NOT_FOUND, ErrorKind.INVALID_REQUEST)
BUSY = (ErrorKind.CONFLICT, ErrorKind.INVALID_REQUEST)
INVALID = (ErrorKind.INVALID_REQUEST,)
UNSUPPORTED = (ErrorKind.UNSUPPORTED,)

#: What threads are created with unless a check says otherwise.
ORIGINATOR = "conformance-suite"
METADATA = ThreadPersistenceMetadata(cwd="/src/project", model_provider="provider-a")

_F = TypeVar("_F", bound=Callable[..., Any])


def clause(*ids: str) -> Callable[[_F], _F]:
    """Mark a check with the clauses that it can show broken."""

    def mark(check: _F) -> _F:
        marked: _F = pytest.mark.clause(*ids)(check)
        return marked

    return mark


def user_message(text: str, **more: Any) -> RolloutItem:
    """Make an item that the policy keeps: what a user said."""
    return RolloutItem("event_msg", {"type": "user_message", "message": text, **more})


def agent_message(text: str) -> RolloutItem:
    """Make an item that the policy keeps: what the agent said."""
    return RolloutItem("event_msg", {"type": "agent_message", "message": text})


class Lab:
    """A store under test on a fresh home, for one check."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.capabilities: Capabilities = backend.capabilities
        #: Moves one millisecond at each reading, so that instants differ unless a check holds it.
        self.clock = ToldClock(tick=1, moved=lambda milliseconds: self.subject.waited(milliseconds))
        self._stack = ExitStack()
        self._ids = 0
        #: What the operations do not tell of the program, in words.
        self.untold = ""
        self.home: Path
        self._opened: ThreadStore
        self.subject: Subject

    def __enter__(self) -> Lab:
        self.home = self._stack.enter_context(fresh_home(self.backend))
        self._open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            close_store(self._opened)
        finally:
            self._stack.close()

    @property
    def store(self) -> ThreadStore:
        """The store, every call recorded."""
        return self.subject.as_store()

    def _open(self) -> None:
        self._opened = open_store(self.backend, self.home, self.clock)
        self.subject = Subject(self._opened, self.subject if self.untold else None)

    def reopen(self, between: Callable[[Path], None] | None = None) -> None:
        """Close the store and open it again on the same home; ``between`` may do something to the home."""
        close_store(self._opened)
        if between:
            between(self.home)
        self.untold = "and in between the store was closed, and opened again on the same home"
        self._open()

    def new_id(self) -> ThreadId:
        """Return a thread id that was never used."""
        self._ids += 1
        return str(UUID(int=0x01900000_0000_7000_8000_000000000000 + self._ids))

    def create(self, thread_id: ThreadId | None = None, *, visible: bool = True, **facts: Any) -> ThreadId:
        """Create a live thread, visible unless told otherwise, and return its id."""
        params = self.creation(thread_id, **facts)
        self.store.create_thread(params)
        if visible and self.capabilities.lazy:
            self.store.persist_thread(PersistThreadParams(thread_id=params.thread_id))
        return params.thread_id

    def creation(self, thread_id: ThreadId | None = None, **facts: Any) -> CreateThreadParams:
        """Return the params that `create` uses."""
        given = {"originator": ORIGINATOR, "metadata": METADATA, **facts}
        return CreateThreadParams(thread_id=thread_id or self.new_id(), **given)

    def append(self, thread_id: ThreadId, *items: RolloutItem) -> None:
        """Append one batch."""
        self.store.append_items(AppendThreadItemsParams(thread_id=thread_id, items=items))

    def patch(self, thread_id: ThreadId, *, include_archived: bool = True, **fields: Any) -> StoredThread:
        """Apply a patch and return what the store says the thread is then."""
        patch = ThreadMetadataPatch(**fields)
        params = UpdateThreadMetadataParams(thread_id=thread_id, patch=patch, include_archived=include_archived)
        return self.store.update_thread_metadata(params)

    def close(self, thread_id: ThreadId) -> None:
        """Shut a thread down."""
        self.store.shutdown_thread(ShutdownThreadParams(thread_id=thread_id))

    def read(self, thread_id: ThreadId) -> StoredThread:
        """Read a thread of either side, without its history."""
        return self.store.read_thread(ReadThreadParams(thread_id=thread_id, include_archived=True))

    def history(self, thread_id: ThreadId) -> Sequence[RolloutItem]:
        """Load a thread's items, its own SessionMeta first."""
        params = LoadThreadHistoryParams(thread_id=thread_id, include_archived=True)
        return self.store.load_history(params).items

    def items(self, thread_id: ThreadId) -> list[RolloutItem]:
        """Load a thread's items without its own SessionMeta."""
        return list(self.history(thread_id)[1:])

    def pages(self, query: ListThreadsParams | SearchThreadsParams) -> list[list[ThreadId]]:
        """Walk a listing or a search to its end, and return the ids page by page."""
        pages: list[list[ThreadId]] = []
        page: Any = perform(self.store, query)
        for _ in range(10_000):
            pages.append([getattr(row, "thread", row).thread_id for row in page.items])
            if page.next_cursor is None:
                return pages
            page = perform(self.store, _next(query, page.next_cursor))
        raise AssertionError(f"the walk does not end: 10,000 pages, the last of them {pages[-3:]}")

    def listed(self, **query: Any) -> list[ThreadId]:
        """Return the ids of all threads that a query shows, in order."""
        return [thread_id for page in self.pages(ListThreadsParams(**{"page_size": 50, **query})) for thread_id in page]

    def refused(self, operation: Operation, kinds: Sequence[ErrorKind]) -> ThreadStoreError:
        """Run an operation that must be refused with one of these kinds, and return the error."""
        names = " or ".join(kind.value for kind in kinds)
        answer = self.answer(operation)
        assert isinstance(answer, ThreadStoreError), f"expected a refusal ({names}), got the result {answer!r}"
        assert answer.kind in kinds, f"expected a refusal ({names}), got {answer!r}"
        return answer

    def answer(self, operation: Operation) -> Any:
        """Run an operation and return its result, or the error that it was refused with."""
        try:
            return perform(self.store, operation)
        except ThreadStoreError as error:
            return error


def _next(query: Any, cursor: str) -> Any:
    return attrs.evolve(query, cursor=cursor)
