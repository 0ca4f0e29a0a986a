"""Stores broken as the savers of `langgraph_savers.py` are, by the same names."""

# ruff: noqa: D101, D102  # what each breaks is said in compare_with_langgraph.py

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

from attrs import evolve

from threadstore import (
    AppendThreadItemsParams,
    Backend,
    DeleteThreadParams,
    RolloutItem,
    StoredThread,
    ThreadId,
    ThreadNotFound,
    ThreadStoreError,
    check_fields,
)
from threadstore_backends.broken import stores, stores_listing
from threadstore_backends.broken.passing import Mutant, Passing, Rewriting, Telling, mutant


class Good(Passing):
    """Breaks nothing."""


class ForgetsAfterTwoHundred(Passing):
    def append_items(self, params: AppendThreadItemsParams) -> None:
        self.good.append_items(params)
        self.__dict__["appends"] = self.__dict__.get("appends", 0) + 1
        if self.__dict__["appends"] > 200:
            self.good._threads.clear()


class DropsMembersBeyondSixtyFour(Rewriting):
    def payload(self, value: Any) -> Any:
        rewritten = super().payload(value)
        return dict(list(rewritten.items())[:64]) if isinstance(rewritten, dict) else rewritten


class DeletesByPrefix(Passing):
    def delete_thread(self, params: DeleteThreadParams) -> None:
        self.good.delete_thread(params)
        for thread_id in [known for known in self.good._threads if known[:8] == params.thread_id[:8]]:
            self.good.delete_thread(evolve(params, thread_id=thread_id))


class WipesAtAnUnknownDelete(Passing):
    def delete_thread(self, params: DeleteThreadParams) -> None:
        try:
            self.good.delete_thread(params)
        except ThreadNotFound:
            for thread_id in list(self.good._threads):
                self.good.delete_thread(evolve(params, thread_id=thread_id))
            raise


class SwallowsWhatFollowsADelete(Passing):
    def append_items(self, params: AppendThreadItemsParams) -> None:
        check_fields(params)
        if params.thread_id not in self.__dict__.get("deleted", ()):
            self.good.append_items(params)

    def delete_thread(self, params: DeleteThreadParams) -> None:
        self.good.delete_thread(params)
        self.__dict__.setdefault("deleted", set()).add(params.thread_id)


class LosesConcurrentUpdates(Telling):
    def append_items(self, params: AppendThreadItemsParams) -> None:
        before = self._length(params.thread_id)
        time.sleep(0)  # another thread of the process may append here
        now = self._length(params.thread_id)
        self.good.append_items(params)
        self.__dict__.setdefault("lost", {}).setdefault(params.thread_id, set()).update(range(before, now))

    def delete_thread(self, params: DeleteThreadParams) -> None:
        self.good.delete_thread(params)
        self.__dict__.setdefault("lost", {}).pop(params.thread_id, None)

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        lost = self.__dict__.get("lost", {}).get(thread_id, ())
        return [item for number, item in enumerate(items) if number not in lost]

    def _length(self, thread_id: ThreadId) -> int:
        try:
            return len(self.items_of(thread_id))
        except ThreadStoreError:
            return 0


class RaisesOnOverlap(Passing):
    def append_items(self, params: AppendThreadItemsParams) -> None:
        lock = self.__dict__.setdefault("busy", threading.Lock())
        if not lock.acquire(blocking=False):
            raise RuntimeError("another operation is under way")
        try:
            time.sleep(0)  # another thread of the process may append here
            self.good.append_items(params)
        finally:
            lock.release()


class DropsEveryTwentiethWrite(Rewriting):
    def rewritten(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        self.__dict__["appends"] = self.__dict__.get("appends", 0) + 1
        return () if self.__dict__["appends"] % 20 == 0 else items


class ListsTheWrongWayRound(Passing):
    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        turned = "asc" if params.sort_direction == "desc" else "desc"
        return self.good.list_threads(evolve(params, sort_direction=turned))


class IgnoresTheLimit(stores_listing.Relisting):
    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        return super().list_threads(evolve(params, page_size=params.page_size and 1_000_000))


class LosesEveryWrite(Rewriting):
    def rewritten(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return ()


class DoublesEveryWrite(Rewriting):
    def rewritten(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return (*items, *items)


class TellsOfAnotherThread(Telling):
    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        others = [known for known in self.good._threads if known != thread_id]
        return self.items_of(others[0]) if others else items


class DeletesNothing(Passing):
    def delete_thread(self, params: DeleteThreadParams) -> None:
        check_fields(params)


class DeletesEverything(Passing):
    def delete_thread(self, params: DeleteThreadParams) -> None:
        self.good.delete_thread(params)
        self.good._threads.clear()


class IgnoresTheFilter(Passing):
    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        anything = {"allowed_sources": (), "model_providers": None, "cwd_filters": None, "search_term": None}
        return self.good.list_threads(evolve(params, **anything))


class IgnoresTheCursor(Passing):
    def list_threads(self, params: Any) -> Any:
        check_fields(params)
        return self.good.list_threads(evolve(params, cursor=None))


class ListsAllButTheNewest(stores_listing.Relisting):
    def arranged(self, threads: list[StoredThread], params: Any) -> list[StoredThread]:
        newest = max(threads, key=lambda thread: thread.created_at, default=None)
        return [thread for thread in threads if thread is not newest]


class DropsMetadata(Passing):
    def update_thread_metadata(self, params: Any) -> Any:
        check_fields(params)
        return self.good.update_thread_metadata(evolve(params, patch=type(params.patch)()))


class ReadsStale(Passing):
    def read_thread(self, params: Any) -> Any:
        check_fields(params)
        read = self.__dict__.setdefault("read", {})
        if params not in read:
            read[params] = self.good.read_thread(params)
        return read[params]

    def delete_thread(self, params: DeleteThreadParams) -> None:
        self.__dict__["read"] = {}
        self.good.delete_thread(params)


class RevivesTheDeleted(Telling):
    def delete_thread(self, params: DeleteThreadParams) -> None:
        known = isinstance(params.thread_id, str) and self.peek(params.thread_id)
        items = self.items_of(params.thread_id) if known else ()
        self.good.delete_thread(params)
        self.__dict__.setdefault("deleted", {})[params.thread_id] = items[1:]

    def told(self, thread_id: ThreadId, items: tuple[RolloutItem, ...]) -> Sequence[RolloutItem]:
        return (items[0], *self.__dict__.get("deleted", {}).get(thread_id, ()), *items[1:])


class KeepsNumbersAsText(Rewriting):
    def scalar(self, value: Any) -> Any:
        return str(value) if type(value) is int else value


class RaisesNotImplemented(Passing):
    def __getattr__(self, name: str) -> Any:
        super().__getattr__(name)
        return None if name == "close" else self._raise

    def _raise(self, *_: Any) -> None:
        raise NotImplementedError


class Empty(Passing):
    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _made_here() -> Iterator[Mutant]:
    for each in list(globals().values()):
        if isinstance(each, type) and issubclass(each, Passing) and each.__module__ == __name__:
            yield mutant(each)


#: Every store by the name of its class: those that the library of mutants has, and those made here.
STORES: dict[str, Mutant] = {each.store.__name__: each for each in (*stores.MUTANTS, *_made_here())}


def __getattr__(name: str) -> Backend:
    """Return a store as a backend by its own name, so that ``langgraph_stores:reads-stale`` can be certified."""
    found = [each for each in STORES.values() if each.name == name]
    if not found:
        raise AttributeError(name)
    return found[0].backend()
