"""An asynchronous store as a ThreadStore: `Blocking`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from threadstore import (
    AppendThreadItemsParams,
    Blocking,
    CreateThreadParams,
    LoadThreadHistoryParams,
    ReadThreadParams,
    ReferenceStore,
    RolloutItem,
    ShutdownThreadParams,
    ThreadNotFound,
    perform,
)
from threadstore.store import METHODS

ONE = "0190a000-0000-7000-8000-000000000001"


class Asynchronous:
    """The reference store with its methods made awaitable; it remembers which thread ran them."""

    def __init__(self) -> None:
        self.store = ReferenceStore()
        self.ran_in: set[str] = set()
        self.closed = False

    def default_history_mode(self) -> Any:
        return self.store.default_history_mode()

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.closed = True

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)

        async def call(params: Any) -> Any:
            await asyncio.sleep(0)
            self.ran_in.add(threading.current_thread().name)
            return method(params)

        return call


@pytest.fixture
def inner() -> Asynchronous:
    return Asynchronous()


@pytest.fixture
def store(inner: Asynchronous) -> Iterator[Blocking]:
    blocking = Blocking(inner)
    yield blocking
    blocking.close()


def created() -> CreateThreadParams:
    return CreateThreadParams(thread_id=ONE, originator="cli")


def test_a_program_runs_as_on_any_store(store: Blocking, inner: Asynchronous) -> None:
    """Ensure operations are awaited on the adapter's own thread, and their results come back."""
    perform(store, created())
    item = RolloutItem("world_state", {"n": 1})
    perform(store, AppendThreadItemsParams(thread_id=ONE, items=[item]))
    assert perform(store, LoadThreadHistoryParams(thread_id=ONE)).items[1] == item
    assert perform(store, ReadThreadParams(thread_id=ONE)).originator == "cli"
    assert store.default_history_mode() == "legacy"
    assert inner.ran_in == {"threadstore-loop"}


def test_errors_come_through(store: Blocking) -> None:
    """Ensure an error of the store is raised in the caller, with its data, and the store goes on working."""
    with pytest.raises(ThreadNotFound) as caught:
        store.shutdown_thread(ShutdownThreadParams(thread_id=ONE))
    assert caught.value.thread_id == ONE
    perform(store, created())


def test_every_method_of_the_port_is_there(store: Blocking) -> None:
    """Ensure the adapter has the nineteen methods and no other."""
    assert all(callable(getattr(store, method)) for method in METHODS.values())
    with pytest.raises(AttributeError, match="drop_all"):
        _ = store.drop_all


def test_several_threads_may_call_at_once(store: Blocking) -> None:
    """Ensure calls from many threads are all answered."""
    perform(store, created())

    def append(number: int) -> None:
        item = RolloutItem("world_state", {"n": number})
        perform(store, AppendThreadItemsParams(thread_id=ONE, items=[item]))

    threads = [threading.Thread(target=append, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _, *items = perform(store, LoadThreadHistoryParams(thread_id=ONE)).items
    assert sorted(item.payload["n"] for item in items) == list(range(20))


class TestClose:
    def test_it_closes_the_store_and_stops_the_thread(self, inner: Asynchronous) -> None:
        """Ensure nothing of the adapter runs after close."""
        before = threading.active_count()
        blocking = Blocking(inner)
        assert threading.active_count() == before + 1
        blocking.close()
        assert inner.closed
        assert threading.active_count() == before

    def test_twice_is_once(self, inner: Asynchronous) -> None:
        """Ensure a second close does nothing."""
        blocking = Blocking(inner)
        blocking.close()
        blocking.close()
        assert inner.closed

    def test_a_store_that_fails_to_close_leaves_no_thread(self, inner: Asynchronous) -> None:
        """Ensure the failure is reported and the thread is stopped all the same."""
        before = threading.active_count()

        async def close() -> None:
            raise OSError("the disk is gone")

        inner.close = close  # type: ignore[method-assign]
        blocking = Blocking(inner)
        with pytest.raises(OSError, match="the disk is gone"):
            blocking.close()
        assert threading.active_count() == before

    def test_a_store_without_close_needs_none(self) -> None:
        """Ensure a store that holds nothing can be adapted too."""

        class Bare:
            def default_history_mode(self) -> Any:
                return "legacy"

        blocking = Blocking(Bare())  # type: ignore[arg-type]
        assert blocking.default_history_mode() == "legacy"
        blocking.close()


def test_any_awaitable_will_do() -> None:
    """Ensure a method may give any awaitable: the protocol asks for no coroutine."""

    class Later:
        def __await__(self) -> Generator[Any, None, str]:
            yield from asyncio.sleep(0).__await__()
            return "read"

    class Store:
        def read_thread(self, params: Any) -> Later:
            return Later()

    blocking = Blocking(Store())  # type: ignore[arg-type]
    assert blocking.read_thread(ReadThreadParams(thread_id=ONE)) == "read"
    blocking.close()
