"""What exhaustive runs did, counted."""

from __future__ import annotations

from collections import Counter
from typing import Any

from attrs import define, field


@define
class Coverage:
    """What one exhaustive run did: every program up to a depth, or the tour of the bounded model."""

    #: How many threads its programs are about.
    threads: int
    #: How many operations its programs have at most; none for a tour.
    depth: int | None = None
    #: How many programs there are, told before the first is run, and how many of them were run to their ends.
    asked: int = 0
    programs: int = 0
    #: Operations of all programs, observing reads included, by (method, outcome).
    outcomes: Counter[tuple[str, str]] = field(factory=Counter)
    #: Transitions of the bounded model that were taken, and how many states and transitions it has.
    taken: set[Any] = field(factory=set, repr=False)
    states: int = 0
    transitions: int = 0
    #: How long it took.
    seconds: float = 0.0

    @property
    def operations(self) -> int:
        """How many operations were run."""
        return self.outcomes.total()
