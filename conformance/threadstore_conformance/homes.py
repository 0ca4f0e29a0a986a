"""Homes for stores under test: made by the suite alone, and removed when done."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threadstore import Backend, Clock, ThreadStore, ThreadStoreError, system_clock
from threadstore.manager import ManagerPort
from threadstore.registration import ManagerBackend
from threadstore.session import ProcessSettings

from .discovery import Registered, TargetError, find_store

#: How much room homes are to have; a container often gives far less to what is in memory.
_ROOM = 2**30


def in_memory() -> Path | None:
    """Return a roomy folder in memory, for what need not last and is to be quick; nothing where there is none."""
    shared = Path("/dev/shm")  # noqa: S108  # a folder of one's own is made in it
    if os.access(shared, os.W_OK | os.X_OK) and shutil.disk_usage(shared).free >= _ROOM:
        return shared
    return None


@contextmanager
def fresh_home(backend: Registered) -> Iterator[Path]:
    """Make an empty home for a backend, and remove it afterwards."""
    root = backend.home_root() if backend.home_root else None
    home = Path(tempfile.mkdtemp(prefix="threadstore-", dir=root))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def open_store(backend: Backend, home: Path, clock: Clock) -> ThreadStore:
    """Open a backend's store; raise `TargetError` when it cannot be opened."""
    try:
        return backend.open(home, clock=clock)
    except (Exception, SystemExit) as error:
        raise TargetError(f"backend {backend.name!r} does not open: {type(error).__name__}: {error}") from error


def close_store(store: ThreadStore) -> None:
    """Close a store that can be closed; raise `TargetError` when that fails."""
    close = getattr(store, "close", None)
    if not callable(close):
        return
    try:
        close()
    except (Exception, SystemExit) as error:
        raise TargetError(f"the store does not close: {type(error).__name__}: {error}") from error


def open_manager(backend: ManagerBackend, home: Path, settings: ProcessSettings, clock: Clock) -> ManagerPort:
    """Open a backend's manager; raise `TargetError` when it cannot be opened."""
    try:
        return backend.open(home, settings=settings, clock=clock)
    except (Exception, SystemExit) as error:
        raise TargetError(f"backend {backend.name!r} does not open: {type(error).__name__}: {error}") from error


def close_manager(manager: ManagerPort) -> None:
    """Close a manager that can be closed; raise `TargetError` when that fails otherwise than by a store's refusal."""
    close = getattr(manager, "close", None)
    if not callable(close):
        return
    try:
        close()
    except ThreadStoreError:
        pass  # a thread did not shut down; whether it had to is for the check that asks for it
    except (Exception, SystemExit) as error:
        raise TargetError(f"the manager does not close: {type(error).__name__}: {error}") from error


def kill_manager(manager: ManagerPort) -> None:
    """End the process of a manager at once; raise `TargetError` when that cannot be."""
    kill = getattr(manager, "kill", None)
    if not callable(kill):
        raise TargetError(f"the process cannot be killed: a {type(manager).__name__} has no `kill`")
    try:
        kill()
    except (Exception, SystemExit) as error:
        raise TargetError(f"the process cannot be killed: {type(error).__name__}: {error}") from error


@contextmanager
def fresh_store(target: Backend | str, clock: Clock = system_clock) -> Iterator[ThreadStore]:
    """Open a store on a new home of its own, for as long as the block lasts."""
    backend = find_store(target) if isinstance(target, str) else target
    with fresh_home(backend) as home:
        store = open_store(backend, home, clock)
        try:
            yield store
        finally:
            close_store(store)
