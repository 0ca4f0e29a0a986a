"""What programs did, counted: operations by outcome, the clauses that they put to the test, the values they drew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from attrs import define, field

from .data_classes import classes_of


@define
class Tally:
    """What the programs of one port did."""

    #: Operations run, observing reads among them, by (method, outcome).
    outcomes: Counter[tuple[str, str]] = field(factory=Counter)
    #: Operations by the clause that decides their answer: the one that refuses, or the one of what is answered.
    clauses: Counter[str] = field(factory=Counter)
    #: Steps of the programs, by the rule of the machine that made them.
    rules: Counter[str] = field(factory=Counter)
    #: Operations of the programs, observing reads not among them, by data class.
    data: Counter[str] = field(factory=Counter)

    @property
    def operations(self) -> int:
        """How many operations were run."""
        return self.outcomes.total()

    def draw(self, program: Iterable[Any]) -> None:
        """Count the data classes of a program's operations."""
        for operation in program:
            self.data.update(classes_of(operation))
