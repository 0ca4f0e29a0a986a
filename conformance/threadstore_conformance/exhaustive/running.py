"""The exhaustive runs that judge a backend: every program up to a depth, and the tour of the bounded model."""

from __future__ import annotations

import time
from collections.abc import Callable

from attrs import frozen

from threadstore import Backend

from ..lockstep import Difference
from ..results import Run
from ..shrink import BUDGET, smallest
from .driver import Exhaustive

#: The depth of every run that is not told another.
DEFAULT_DEPTH = 2
#: From this depth on the tour is of two threads and not of one; it is then some ninety times as long.
_DEPTH_OF_TWO = 3
#: What is shown is made smaller by programs of so many operations together: a program of a tour may have thousands.
_OPERATIONS = 20_000


@frozen(kw_only=True)
class Exhaustion:
    """Exhaustive runs against one backend."""

    backend: Backend
    run: Run
    depth: int = DEFAULT_DEPTH

    def check(self) -> None:
        """Run the tour, then every program; raise the `Difference` of the smallest program that shows one."""
        tour = Exhaustive(self.backend, threads=2 if self.depth >= _DEPTH_OF_TWO else 1)
        self._do(tour, tour.tour)
        programs = Exhaustive(self.backend)
        self._do(programs, lambda: programs.programs(self.depth))

    def _do(self, exhaustive: Exhaustive, work: Callable[[], None]) -> None:
        self.run.exhaustive.append(exhaustive.coverage)
        began = time.monotonic()
        try:
            work()
        except Difference as found:
            budget = min(BUDGET, _OPERATIONS // len(found.operations))
            raise (smallest(found, self.backend, budget) or found) from None
        finally:
            exhaustive.coverage.seconds = round(time.monotonic() - began, 2)
