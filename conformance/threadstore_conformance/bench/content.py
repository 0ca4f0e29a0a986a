"""What benchmarked threads are made of: items as a session writes them, ids in sequence, and filled stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any
from uuid import UUID

from threadstore import (
    AppendThreadItemsParams,
    Backend,
    CreateThreadParams,
    PersistThreadParams,
    RolloutItem,
    ShutdownThreadParams,
    ThreadId,
    ThreadMetadataPatch,
    ThreadStore,
    UpdateThreadMetadataParams,
)

from ..homes import fresh_store
from ..lab import METADATA, ORIGINATOR

_WORDS = (
    "The parser reads one record at a time and keeps what it does not understand, so a file of a later version loads."
)

#: One turn of a session, in the proportions of real rollouts: lines of 200 to 700 bytes.
TURN = (
    RolloutItem("event_msg", {"type": "user_message", "message": _WORDS[:60], "images": [], "kind": "plain"}),
    RolloutItem(
        "response_item",
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": _WORDS}]},
    ),
    RolloutItem(
        "response_item",
        {"type": "function_call", "name": "shell", "call_id": "call_0001", "arguments": '{"command":["ls","-la"]}'},
    ),
    RolloutItem("response_item", {"type": "function_call_output", "call_id": "call_0001", "output": f"{_WORDS}\n" * 4}),
    RolloutItem(
        "event_msg",
        {
            "type": "token_count",
            "info": {"total_token_usage": {"input_tokens": 12_345, "output_tokens": 678, "total_tokens": 13_023}},
            "rate_limits": {"primary": {"used_percent": 12.5, "window_minutes": 300}},
        },
    ),
    RolloutItem("event_msg", {"type": "agent_message", "message": _WORDS * 2, "phase": "final_answer"}),
)

#: Items in one append while a store is filled.
_FILLING = 1_000


def items(count: int) -> tuple[RolloutItem, ...]:
    """Return so many items, turn after turn."""
    return tuple(islice(cycle(TURN), count))


def thread_id(number: int) -> ThreadId:
    """Return the nth thread id."""
    return str(UUID(int=0x01900000_0000_7000_8000_000000000000 + number))


def creation(number: int) -> CreateThreadParams:
    """Return the params that create the nth thread."""
    return CreateThreadParams(thread_id=thread_id(number), originator=ORIGINATOR, metadata=METADATA)


def create(store: ThreadStore, number: int) -> ThreadId:
    """Create the nth thread, live and visible, and return its id."""
    params = creation(number)
    store.create_thread(params)
    store.persist_thread(PersistThreadParams(thread_id=params.thread_id))
    return params.thread_id


def close(store: ThreadStore, thread: ThreadId) -> None:
    """Close a thread's writer."""
    store.shutdown_thread(ShutdownThreadParams(thread_id=thread))


@contextmanager
def store_of_items(backend: Backend, count: int) -> Iterator[tuple[ThreadStore, ThreadId]]:
    """Open a store that holds one live thread of so many items beside its SessionMeta."""
    with fresh_store(backend) as store:
        thread = create(store, 1)
        for start in range(0, count, _FILLING):
            batch = items(min(_FILLING, count - start))
            store.append_items(AppendThreadItemsParams(thread_id=thread, items=batch))
        yield store, thread


@contextmanager
def store_of_threads(backend: Backend, count: int) -> Iterator[ThreadStore]:
    """Open a store that holds so many closed threads of no items."""
    with fresh_store(backend) as store:
        for number in range(1, count + 1):
            close(store, create(store, number))
        yield store


def patch_fields(number: int) -> dict[str, Any]:
    """Return what the nth patch sets."""
    return {"title": f"turn {number}", "updated_at": 1_780_000_000_000 + number}


def patching(thread: ThreadId, number: int) -> UpdateThreadMetadataParams:
    """Return the nth patch of a thread."""
    return UpdateThreadMetadataParams(thread_id=thread, patch=ThreadMetadataPatch(**patch_fields(number)))
