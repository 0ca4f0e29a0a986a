"""Where the time comes from: always a callable, so that tests can set it."""

from __future__ import annotations

import time

from attrs import define


def system_clock() -> int:
    """Return the machine's time in whole milliseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1_000_000


@define
class ManualClock:
    """A clock that moves only when told to, or by ``tick`` milliseconds at each reading."""

    now: int = 1_780_000_000_000
    tick: int = 0

    def __call__(self) -> int:
        """Return the time, then move on by ``tick``."""
        now = self.now
        self.now += self.tick
        return now

    def advance(self, milliseconds: int) -> None:
        """Move the clock forward."""
        self.now += milliseconds
