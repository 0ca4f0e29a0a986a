"""Running a program again, at the port that it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from threadstore import Backend, ManualClock
from threadstore.session import ProcessSettings

from .discovery import Registered, TargetError
from .homes import fresh_store
from .lockstep import Lockstep
from .ports import PortName
from .process import fresh_process
from .session_lockstep import SessionLockstep


def run_program(
    backend: Registered,
    operations: Sequence[Any],
    port: PortName = "store",
    settings: ProcessSettings | None = None,
) -> None:
    """Run a program in lockstep on a fresh home; raise the `Difference` that it shows, if it shows one."""
    clock = ManualClock()
    if port == "manager":
        with fresh_process(backend, clock, settings or ProcessSettings()) as process:
            _run(SessionLockstep(process, clock), operations)
    elif isinstance(backend, Backend):
        with fresh_store(backend, clock) as store:
            _run(Lockstep(store, backend.capabilities), operations)
    else:
        raise TargetError(f"this is a program of a store, and {backend.name!r} shows none")


def _run(lockstep: Lockstep | SessionLockstep, operations: Sequence[Any]) -> None:
    for operation in operations:
        lockstep.run(operation)
        lockstep.look_at_thread_of(operation)
    lockstep.observe()
