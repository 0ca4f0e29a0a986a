"""The `memory` backend: threads in a process's own memory, gone with it."""

from __future__ import annotations

from pathlib import Path

from threadstore.ids import Clock
from threadstore.registration import Backend

from .creation import VERSION
from .store import MEMORY_CAPABILITIES, MemoryStore

__all__ = ["BACKEND", "MemoryStore"]


def _open(home: Path, *, clock: Clock) -> MemoryStore:
    return MemoryStore(clock=clock)


#: What the entry point ``memory`` names; every open is a new, empty store.
BACKEND = Backend(
    name="memory",
    open=_open,
    capabilities=MEMORY_CAPABILITIES,
    version=VERSION,
    description="Keeps threads in the memory of its process; every open starts empty.",
)
