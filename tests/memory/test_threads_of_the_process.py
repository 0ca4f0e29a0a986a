"""The memory store, used from several threads of the process at once."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from threadstore import (
    AppendThreadItemsParams,
    Conflict,
    CreateThreadParams,
    DeleteThreadParams,
    ListThreadsParams,
    LoadThreadHistoryParams,
    ManualClock,
    RolloutItem,
    ThreadMetadataPatch,
    ThreadStoreError,
    UpdateThreadMetadataParams,
)
from threadstore_backends.memory import MemoryStore

ONE = "0190a000-0000-7000-8000-000000000001"


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(clock=ManualClock())


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def test_parallel_appends_lose_nothing_and_keep_batches_whole(store: MemoryStore) -> None:
    """Ensure batches appended from eight threads at once come back whole, each thread's in its own order."""
    create(store)
    batches, size = 60, 3

    def write(writer: int) -> None:
        for batch in range(batches):
            append(store, *(RolloutItem("world_state", {"at": [writer, batch, n]}) for n in range(size)))

    in_parallel(write, 8)
    places = [tuple(item.payload["at"]) for item in loaded(store)[1:]]
    heads = places[::size]
    assert places == [(writer, batch, n) for writer, batch, _ in heads for n in range(size)]
    assert sorted(heads) == [(writer, batch, 0) for writer in range(8) for batch in range(batches)]
    for writer in range(8):
        assert [head for head in heads if head[0] == writer] == sorted(h for h in heads if h[0] == writer)


def test_one_of_many_creates_wins(store: MemoryStore) -> None:
    """Ensure one create of an id succeeds and the others get a conflict."""
    outcomes: list[str] = []

    def race(_: int) -> None:
        try:
            create(store)
        except Conflict:
            outcomes.append("conflict")
        else:
            outcomes.append("created")

    in_parallel(race, 8)
    assert sorted(outcomes) == ["conflict"] * 7 + ["created"]


def test_listing_while_others_write_shows_every_untouched_thread_once(store: MemoryStore) -> None:
    """Ensure a walk shows the threads that nobody touches, each once, while others come, move and go."""
    still = [thread_id(number) for number in range(0, 60, 2)]
    for name in still:
        create(store, name)
    done = threading.Event()
    walks: list[list[str]] = []

    def churn(seed: int) -> None:
        chance = random.Random(seed)
        while not done.is_set():
            name = thread_id(2 * chance.randrange(40) + 1)
            try:
                create(store, name)
                patched(store, name, updated_at=chance.randrange(10**12))
                store.delete_thread(DeleteThreadParams(thread_id=name))
            except ThreadStoreError:
                pass  # another churner was first

    def walk(_: int) -> None:
        try:
            query = {"page_size": 3, "sort_key": "updated_at"}
            walks.extend([row.thread_id for row in walked(store, **query)] for _ in range(30))
        finally:
            done.set()

    in_parallel(lambda n: (walk if n == 0 else churn)(n), 3)
    assert len(walks) == 30
    for seen in walks:
        assert sorted(name for name in seen if name in still) == still


def thread_id(number: int) -> str:
    return f"0190a000-0000-7000-8000-{number:012x}"


def create(store: MemoryStore, thread_id: str = ONE, **more: Any) -> None:
    store.create_thread(CreateThreadParams(thread_id=thread_id, originator="cli", **more))


def append(store: MemoryStore, *items: RolloutItem, thread_id: str = ONE) -> None:
    store.append_items(AppendThreadItemsParams(thread_id=thread_id, items=items))


def loaded(store: MemoryStore, thread_id: str = ONE) -> tuple[RolloutItem, ...]:
    return store.load_history(LoadThreadHistoryParams(thread_id=thread_id)).items


def patched(store: MemoryStore, thread_id: str = ONE, **changes: Any) -> None:
    patch = ThreadMetadataPatch(**changes)
    store.update_thread_metadata(UpdateThreadMetadataParams(thread_id=thread_id, patch=patch))


def walked(store: MemoryStore, **query: Any) -> Iterator[Any]:
    params = ListThreadsParams(**query)
    while True:
        page = store.list_threads(params)
        yield from page.items
        if page.next_cursor is None:
            return
        params = ListThreadsParams(**{**query, "cursor": page.next_cursor})


def in_parallel(work: Any, count: int) -> None:
    """Run ``work(0)``, ``work(1)``, … in threads; raise what any of them raised."""
    raised: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
