"""The operations of a store, each beside the bare work that it cannot do without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count, cycle

import attrs
import orjson

from threadstore import (
    AppendThreadItemsParams,
    Backend,
    ListThreadsParams,
    LoadThreadHistoryParams,
    ReadThreadParams,
    RolloutItem,
    ThreadId,
    ThreadStore,
)

from ..homes import fresh_store
from . import content
from .bare import Files, line, new_files, new_table
from .content import items, store_of_items, store_of_threads
from .work import Scale, Timed, Work

#: How often one timed run appends what it is given, and how many threads one makes.
_TURNS = 20
_CREATES = 20

#: Different patches, applied in turn so that each changes something.
_PATCHES = 50

#: Threads on a page.
_PAGE_SIZE = 50


@contextmanager
def _create(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with fresh_store(backend) as store:
        numbers = count(1)
        made: list[ThreadId] = []

        def setup() -> None:
            while made:
                content.close(store, made.pop())

        def run() -> None:
            made.extend(content.create(store, next(numbers)) for _ in range(_CREATES))

        yield Timed(run, _CREATES, setup, scale.rounds)


@contextmanager
def _bare_create(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with new_files(backend) as files, new_table(backend, 0) as table:
        numbers, first = count(1), items(1)

        def run() -> None:
            for _ in range(_CREATES):
                files.new()
                files.write(first)
                table.insert(next(numbers))

        yield Timed(run, _CREATES, files.close, scale.rounds)


@contextmanager
def _append_one(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    """Append the items of a few turns, one by one, to a history of a size."""
    if size == 0:
        with _append_to_new(backend, content.TURN, 1, scale) as timed:
            yield timed
        return
    with store_of_items(backend, size) as (store, thread):
        yield _appending(store, _batches(thread, content.TURN, 1), scale)


@contextmanager
def _append_batch(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with _append_to_new(backend, items(size), size, scale) as timed:
        yield timed


@contextmanager
def _append_to_new(backend: Backend, given: Sequence[RolloutItem], size: int, scale: Scale) -> Iterator[Timed]:
    """Append batches of a size to threads that hold nothing else, a new one for each run."""
    with fresh_store(backend) as store:
        numbers = count(1)
        live: list[AppendThreadItemsParams] = []

        def setup() -> None:
            if live:
                content.close(store, live[0].thread_id)
            live[:] = _batches(content.create(store, next(numbers)), given, size)

        yield attrs.evolve(_appending(store, live, scale), operations=_TURNS * len(given) // size, setup=setup)


def _appending(store: ThreadStore, batches: Sequence[AppendThreadItemsParams], scale: Scale) -> Timed:
    def run() -> None:
        for _ in range(_TURNS):
            for batch in batches:
                store.append_items(batch)

    return Timed(run, _TURNS * len(batches), rounds=scale.rounds)


def _batches(thread: ThreadId, given: Sequence[RolloutItem], size: int) -> list[AppendThreadItemsParams]:
    starts = range(0, len(given), size)
    return [AppendThreadItemsParams(thread_id=thread, items=given[start : start + size]) for start in starts]


@contextmanager
def _bare_append_one(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with new_files(backend) as files:
        files.new()
        files.write(items(size))
        yield _writing(files, [(item,) for item in content.TURN], scale)


@contextmanager
def _bare_append_batch(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with new_files(backend) as files:
        files.new()
        yield _writing(files, [items(size)], scale)


def _writing(files: Files, batches: Sequence[Sequence[RolloutItem]], scale: Scale) -> Timed:
    def run() -> None:
        for _ in range(_TURNS):
            for batch in batches:
                files.write(batch)

    return Timed(run, _TURNS * len(batches), rounds=scale.rounds)


@contextmanager
def _load(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with store_of_items(backend, size) as (store, thread):
        params = LoadThreadHistoryParams(thread_id=thread)
        yield Timed(lambda: store.load_history(params))


@contextmanager
def _bare_load(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    lines = [line(item) for item in items(size)]
    yield Timed(lambda: [orjson.loads(each) for each in lines])


@contextmanager
def _read(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with store_of_items(backend, size) as (store, thread):
        params = ReadThreadParams(thread_id=thread)
        yield Timed(lambda: store.read_thread(params))


@contextmanager
def _bare_read(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with new_table(backend, 1) as table:
        yield Timed(lambda: table.select(1))


@contextmanager
def _patch(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with store_of_items(backend, size) as (store, thread):
        patches = cycle([content.patching(thread, number) for number in range(_PATCHES)])
        yield Timed(lambda: store.update_thread_metadata(next(patches)))


@contextmanager
def _bare_patch(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with new_table(backend, 1) as table:
        changes = cycle([content.patch_fields(number) for number in range(_PATCHES)])
        yield Timed(lambda: table.update(1, next(changes)))


@contextmanager
def _list(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    """Take the page that begins in the middle of a listing."""
    with store_of_threads(backend, size) as store:
        cursor = None
        for _ in range(size // 2 // _PAGE_SIZE):
            query = ListThreadsParams(page_size=_PAGE_SIZE, cursor=cursor)
            cursor = store.list_threads(query).next_cursor
        middle = ListThreadsParams(page_size=_PAGE_SIZE, cursor=cursor)
        yield Timed(lambda: store.list_threads(middle))


@contextmanager
def _bare_list(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with new_table(backend, size) as table:
        middle = size // 2 + 1
        yield Timed(lambda: table.page(middle, _PAGE_SIZE))


WORKS = (
    Work(
        name="create",
        beside="a line in a new file, and an SQL INSERT",
        subject=_create,
        bare=_bare_create,
    ),
    Work(
        name="append one item",
        beside="a loop of orjson.dumps and os.write",
        subject=_append_one,
        bare=_bare_append_one,
        sizes=lambda scale: (0, scale.long_history),
        size_words="to {:,} items",
    ),
    Work(
        name="append a batch",
        beside="orjson.dumps of each item, one os.write",
        subject=_append_batch,
        bare=_bare_append_batch,
        sizes=lambda scale: (10, 100),
        size_words="{:,} items",
        per_size=True,
    ),
    Work(
        name="load history",
        beside="a loop of orjson.loads over lines in memory",
        subject=_load,
        bare=_bare_load,
        sizes=lambda scale: scale.histories,
        size_words="{:,} items",
        per_size=True,
    ),
    Work(
        name="read summary",
        beside="an SQL SELECT of one row",
        subject=_read,
        bare=_bare_read,
        sizes=lambda scale: (10, scale.long_history),
        size_words="beside {:,} items",
    ),
    Work(
        name="patch",
        beside="an SQL UPDATE of one row",
        subject=_patch,
        bare=_bare_patch,
        sizes=lambda scale: (10,),
        size_words="beside {:,} items",
    ),
    Work(
        name=f"list a page of {_PAGE_SIZE}",
        beside="an SQL keyset SELECT over an index",
        subject=_list,
        bare=_bare_list,
        sizes=lambda scale: scale.listings,
        size_words="among {:,} threads",
    ),
)
