"""The session layer: its machine beside the store's, and an append through it beside the two calls that it makes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import attrs

from threadstore import AppendThreadItemsParams, Backend, FlushThreadParams, UpdateThreadMetadataParams
from threadstore.manager_params import StartParams
from threadstore.metadata_sync import facts_of

from ..homes import fresh_store
from ..lab import METADATA
from ..machine import store_machine
from ..process import fresh_process
from ..session_machine import session_machine
from . import content
from .content import thread_id
from .models import timed_programs
from .work import Scale, Timed, Work

_APPENDS = 100


@contextmanager
def _machine(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    yield timed_programs(session_machine(backend), scale)


@contextmanager
def _store_machine(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    yield timed_programs(store_machine(backend), scale)


@contextmanager
def _append(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with fresh_process(backend) as process:
        made = process.manager.start_thread(StartParams(metadata=METADATA)).thread_id
        batch = AppendThreadItemsParams(thread_id=made, items=content.TURN)

        def run() -> None:
            for _ in range(_APPENDS):
                process.manager.append_items(batch)
            process.manager.flush_thread(FlushThreadParams(thread_id=made))

        yield Timed(run, _APPENDS, rounds=scale.rounds)


@contextmanager
def _bare_append(backend: Backend, size: int, scale: Scale) -> Iterator[Timed]:
    with fresh_store(backend) as store:
        content.create(store, 1)
        thread = thread_id(1)
        batch = AppendThreadItemsParams(thread_id=thread, items=content.TURN)
        patch = attrs.evolve(facts_of(content.TURN), updated_at=1_780_000_000_000)
        update = UpdateThreadMetadataParams(thread_id=thread, patch=patch)

        def run() -> None:
            for _ in range(_APPENDS):
                store.append_items(batch)
                store.update_thread_metadata(update)

        yield Timed(run, _APPENDS, rounds=scale.rounds)


WORKS = (
    Work(
        name="session machine step",
        beside="a step of the store's machine",
        subject=_machine,
        bare=_store_machine,
    ),
    Work(
        name="session append",
        beside="the store's append and patch alone",
        subject=_append,
        bare=_bare_append,
    ),
)
