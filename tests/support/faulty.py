"""Stores and backends that the suite's own tests judge: broken in ways that a registration can be broken."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import attrs

from threadstore import Backend, Clock, ThreadStore
from threadstore.store import METHODS
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_backends.memory import MemoryStore


class Nothing:
    """Implements nothing."""


class Silent:
    """Answers everything with nothing."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *params: None


class Unfinished:
    """Has every method, and each says that it is not written yet."""

    def __getattr__(self, name: str) -> Any:
        if name not in METHODS.values():
            raise AttributeError(name)

        def method(*params: Any) -> Any:
            raise NotImplementedError(name)

        return method


class Forgetful(MemoryStore):
    """Loses the second item of every batch."""

    def append_items(self, params: Any, /) -> None:
        super().append_items(attrs.evolve(params, items=params.items[:1] + params.items[2:]))


class Flighty(MemoryStore):
    """Answers every fortieth read with another name."""

    reads = 0

    def read_thread(self, params: Any, /) -> Any:
        Flighty.reads += 1
        thread = super().read_thread(params)
        return attrs.evolve(thread, name="another") if Flighty.reads % 40 == 0 else thread


class Exiting(MemoryStore):
    """Ends the process in the middle, as if all were well."""

    def list_threads(self, params: Any, /) -> Any:
        os._exit(0)


class Leaving(MemoryStore):
    """Asks Python to exit in the middle."""

    def flush_thread(self, params: Any, /) -> Any:
        raise SystemExit(0)


class Hanging(MemoryStore):
    """Never answers a listing."""

    def list_threads(self, params: Any, /) -> Any:
        threading.Event().wait()


def _backend(name: str, store: Any) -> Backend:
    def open_store(home: Path, *, clock: Clock) -> ThreadStore:
        made: ThreadStore = store(clock=clock) if issubclass(store, MemoryStore) else store()
        return made

    return Backend(name=name, open=open_store, capabilities=MEMORY.capabilities)


def _refuse(home: Path, *, clock: Clock) -> ThreadStore:
    raise RuntimeError("the database is not there")


NOTHING = _backend("nothing", Nothing)
SILENT = _backend("silent", Silent)
UNFINISHED = _backend("unfinished", Unfinished)
FORGETFUL = _backend("forgetful", Forgetful)
FLIGHTY = _backend("flighty", Flighty)
EXITING = _backend("exiting", Exiting)
LEAVING = _backend("leaving", Leaving)
HANGING = _backend("hanging", Hanging)
UNOPENABLE = Backend(name="unopenable", open=_refuse)
NO_BACKEND = "a text"


def _none(home: Path, *, clock: Clock) -> ThreadStore:
    return None  # type: ignore[return-value]


_opened = 0


def _open_a_few(home: Path, *, clock: Clock) -> ThreadStore:
    global _opened
    _opened += 1
    if _opened > 4:
        raise RuntimeError("too many connections")
    return MemoryStore(clock=clock)


NONE = Backend(name="none", open=_none)
EXHAUSTED = Backend(name="exhausted", open=_open_a_few, capabilities=MEMORY.capabilities)
