"""Costs that are counted and not timed: calls made and bytes allocated, which no load on the machine changes."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable

import pytest

from threadstore import AppendThreadItemsParams, ListThreadsParams, ReadThreadParams, ThreadStore
from threadstore.model import step
from threadstore.registration import Capabilities
from threadstore.state import State
from threadstore_conformance.bench import content
from threadstore_conformance.discovery import find_backend

MANY = 16_000
FEW = 1_000


def _counted(act: Callable[[], object]) -> tuple[int, int]:
    """Return the calls that the cheapest of five runs makes, and the bytes that the leanest needs."""
    return min(_calls(act) for _ in range(5)), min(_bytes(act) for _ in range(5))


def _calls(act: Callable[[], object]) -> int:
    calls = 0

    def count(frame: object, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        act()
    finally:
        sys.setprofile(None)
    return calls


def _bytes(act: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _assert_grows_little(few: tuple[int, int], many: tuple[int, int]) -> None:
    assert many[0] <= few[0] + 20, f"calls: {few[0]} beside {FEW} items, {many[0]} beside {MANY}"
    assert many[1] <= few[1] * 2 + 4_096, f"bytes: {few[1]} beside {FEW} items, {many[1]} beside {MANY}"


def test_the_model_appends_without_a_copy() -> None:
    """Ensure an append to a long history in the model makes one new node on the history as it was."""
    thread, state = content.thread_id(1), State(Capabilities())
    state, _ = step(state, content.creation(1))
    one = AppendThreadItemsParams(thread_id=thread, items=content.items(1))
    few = _counted(lambda: step(state, one))
    for _ in range(100):
        state, _ = step(state, AppendThreadItemsParams(thread_id=thread, items=content.items(1_000)))
    _assert_grows_little(few, _counted(lambda: step(state, one)))
    grown, _ = step(state, one)
    assert grown.threads[thread].history.before is state.threads[thread].history


def _append(store: ThreadStore, thread: str) -> None:
    store.append_items(AppendThreadItemsParams(thread_id=thread, items=content.items(1)))


def _read(store: ThreadStore, thread: str) -> None:
    store.read_thread(ReadThreadParams(thread_id=thread))


@pytest.mark.parametrize("backend", ["memory", "local"])
@pytest.mark.parametrize("act", [_append, _read])
def test_a_long_history_costs_an_append_and_a_summary_nothing(
    backend: str, act: Callable[[ThreadStore, str], None]
) -> None:
    """Ensure neither an append nor a read without history goes through the items that are there."""
    counted = []
    for size in (FEW, MANY):
        with content.store_of_items(find_backend(backend), size) as (store, thread):
            counted.append(_counted(lambda store=store, thread=thread: act(store, thread)))
    _assert_grows_little(counted[0], counted[1])


@pytest.mark.parametrize("backend", ["memory", "local"])
def test_a_page_costs_the_same_among_more_threads(backend: str) -> None:
    """Ensure a page is found without going through the threads that are not on it."""
    counted = []
    for size in (60, 16 * 60):
        with content.store_of_threads(find_backend(backend), size) as store:
            query = ListThreadsParams(page_size=50)
            counted.append(_counted(lambda store=store, query=query: store.list_threads(query)))
    _assert_grows_little(counted[0], counted[1])
