"""What mutants are made of: stores that pass every operation on to a good one, and do one thing of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from threadstore import (
    Backend,
    Capabilities,
    Clock,
    ListThreadsParams,
    LoadThreadHistoryParams,
    ReadThreadParams,
    RolloutItem,
    StoredThread,
    StoredThreadHistory,
    ThreadId,
    ThreadMetadataPatch,
    ThreadStoreError,
    UpdateThreadMetadataParams,
    check_fields,
)
from threadstore.store import METHODS

from ..memory import MemoryStore
from ..memory.store import MEMORY_CAPABILITIES


class Passing:
    """Passes all nineteen methods on to a good store."""

    def __init__(self, good: Any, clock: Clock, home: Path) -> None:
        self.good = good
        self.clock = clock
        self.home = home

    def __getattr__(self, name: str) -> Any:
        if name not in (*METHODS.values(), "close"):
            raise AttributeError(name)
        return getattr(self.good, name)

    # --- What mutants do behind the back of their callers -------------------------------------------------------

    def peek(self, thread_id: ThreadId) -> StoredThread | None:
        """Return a thread of the good store, or ``None``."""
        try:
            thread: StoredThread = self.good.read_thread(ReadThreadParams(thread_id=thread_id, include_archived=True))
        except ThreadStoreError:
            return None
        return thread

    def change(self, thread_id: ThreadId, **fields: Any) -> None:
        """Patch a thread of the good store, if it is there."""
        patch = UpdateThreadMetadataParams(
            thread_id=thread_id, patch=ThreadMetadataPatch(**fields), include_archived=True
        )
        if self.peek(thread_id) is not None:
            self.good.update_thread_metadata(patch)

    def items_of(self, thread_id: ThreadId) -> tuple[RolloutItem, ...]:
        """Return the history that the good store has."""
        params = LoadThreadHistoryParams(thread_id=thread_id, include_archived=True)
        items: tuple[RolloutItem, ...] = self.good.load_history(params).items
        return items

    def walk(self, params: ListThreadsParams) -> list[StoredThread]:
        """Return every thread of a listing of the good store, in order."""
        page = self.good.list_threads(evolve(params, cursor=None, page_size=1_000_000))
        return list(page.items)


class Rewriting(Passing):
    """Rewrites the items of a batch before they are kept."""

    def append_items(self, params: Any) -> None:
        check_fields(params)
        items = self.rewritten(params.thread_id, tuple(params.items))
        self.good.append_items(evolve(params, items=items))

    def rewritten(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        """Return what is kept instead; by default each item's payload, rewritten."""
        return [RolloutItem(item.type, self.payload(item.payload)) for item in items]

    def payload(self, value: Any) -> Any:
        """Return a JSON value rewritten, member by member."""
        if isinstance(value, dict):
            return {key: self.payload(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.payload(member) for member in value]
        return self.scalar(value)

    def scalar(self, value: Any) -> Any:
        """Return a text, number, boolean or null rewritten."""
        return value


class Telling(Passing):
    """Tells a history otherwise than the good store has it."""

    def load_history(self, params: Any) -> Any:
        return self._told(self.good.load_history(params))

    def read_thread(self, params: Any) -> Any:
        thread = self.good.read_thread(params)
        return evolve(thread, history=self._told(thread.history)) if thread.history else thread

    def _told(self, history: StoredThreadHistory) -> StoredThreadHistory:
        return evolve(history, items=tuple(self.told(history.thread_id, history.items)))

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        """Return what is told of a history."""
        return items


class Showing(Passing):
    """Shows threads otherwise than the good store has them, in every answer."""

    def read_thread(self, params: Any) -> Any:
        return self.shown(self.good.read_thread(params))

    def update_thread_metadata(self, params: Any) -> Any:
        return self.shown(self.good.update_thread_metadata(params))

    def unarchive_thread(self, params: Any) -> Any:
        return self.shown(self.good.unarchive_thread(params))

    def list_threads(self, params: Any) -> Any:
        page = self.good.list_threads(params)
        return evolve(page, items=tuple(map(self.shown, page.items)))

    def search_threads(self, params: Any) -> Any:
        page = self.good.search_threads(params)
        return evolve(page, items=tuple(evolve(found, thread=self.shown(found.thread)) for found in page.items))

    def shown(self, thread: StoredThread) -> StoredThread:
        """Return what is shown of a thread."""
        return thread


#: Opens the good store inside a mutant.
Opens = Callable[[Path, Clock], Any]


def memory(variants: Capabilities = MEMORY_CAPABILITIES) -> Opens:
    """Return what opens a good store in memory, of these variants."""
    return lambda home, clock: MemoryStore(clock=clock, capabilities=variants)


@frozen
class Mutant:
    """A broken store, and what is broken about it."""

    name: str
    #: The clauses of which the directed checks must reject it.
    clauses: tuple[str, ...]
    story: str
    store: Callable[[Any, Clock, Path], Any]
    #: What it declares; the good store inside may be another.
    declared: Capabilities
    inside: Opens
    #: The upstream issues that it is modelled on, ``openai/codex#4791``; several are separated by a comma.
    issue: str | None = None

    def backend(self) -> Backend:
        """Return the mutant as a backend."""

        def opened(home: Path, *, clock: Clock) -> Any:
            return self.store(self.inside(home, clock), clock, home)

        return Backend(name=self.name, open=opened, capabilities=self.declared)


def issues(*numbers: int) -> str:
    """Return what a mutant says of the issues that it is modelled on."""
    return ", ".join(f"openai/codex#{number}" for number in numbers)


def mutant(
    store: type[Passing],
    *clauses: str,
    declared: Capabilities = MEMORY_CAPABILITIES,
    inside: Opens | None = None,
    issue: str | None = None,
) -> Mutant:
    """Return the mutant that a class is; its name is the class's, its story the docstring."""
    name = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in store.__name__)
    story = str(store.__doc__)
    return Mutant(name.removeprefix("-"), clauses, story, store, declared, inside or memory(declared), issue)
