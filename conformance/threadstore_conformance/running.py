"""Running a program again, at the port that it was made for."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from typing import Any

from threadstore import Backend, ManualClock
from threadstore.session import ProcessSettings

from .discovery import Registered, TargetError
from .expected import Expectation, Expected
from .homes import fresh_store
from .lockstep import Difference, Lockstep
from .ports import PortName
from .process import fresh_process
from .results import Failure
from .session_lockstep import SessionLockstep


def run_program(
    backend: Registered,
    operations: Sequence[Any],
    port: PortName = "store",
    settings: ProcessSettings | None = None,
    expected: Expected | None = None,
) -> None:
    """Run a program in lockstep on a fresh home; raise the `Difference` that it shows, unless that is known."""
    clock = ManualClock()
    if port == "manager":
        with fresh_process(backend, clock, settings or ProcessSettings()) as process:
            _run(SessionLockstep(process, clock, expected=expected or Expected()), operations)
    elif isinstance(backend, Backend):
        with fresh_store(backend, clock) as store:
            _run(Lockstep(store, backend.capabilities, clock=clock), operations)
    else:
        raise TargetError(f"this is a program of a store, and {backend.name!r} shows none")


def difference_of(
    backend: Registered, operations: Sequence[Any], port: PortName, expected: Expected | None = None
) -> Difference | None:
    """Return the difference that a program shows when it is run by itself, if it shows one that is not known."""
    try:
        run_program(backend, operations, port, expected=expected)
    except Difference as difference:
        return difference
    except TargetError:
        # It does not open again, which is another matter.
        return None
    return None


#: A program that takes longer to show a difference again is not said to show it.
_REPLAY_SECONDS = 20.0


def replays(failure: Failure, backend: Registered, known: tuple[Expectation, ...] = ()) -> bool:
    """Tell whether a failure's operations, run by themselves, show a difference again.

    One that no finding tells of is looked for beyond the failures that are known.
    """
    shown: list[Difference] = []
    expected = Expected(() if failure.finding else known)
    # A thread, since what hangs cannot be stopped: it is left behind.
    attempt = threading.Thread(target=_try, args=(failure, backend, expected, shown), daemon=True)
    if failure.operations:
        attempt.start()
        attempt.join(_REPLAY_SECONDS)
    return bool(shown)


def _try(failure: Failure, backend: Registered, expected: Expected, shown: list[Difference]) -> None:
    with contextlib.suppress(Exception):
        try:
            run_program(backend, failure.operations, failure.port, expected=expected)
        except Difference as difference:
            shown.append(difference)


def _run(lockstep: Lockstep | SessionLockstep, operations: Sequence[Any]) -> None:
    for operation in operations:
        lockstep.run(operation)
        lockstep.look_at_thread_of(operation)
    lockstep.observe()
