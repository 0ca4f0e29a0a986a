"""What programs did, counted: operations by outcome, the rules that made them, the values that they drew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from attrs import define, field

from .data_classes import classes_of, is_kept


@define
class Tally:
    """What the programs of one port did."""

    #: Everything that was run, observing reads among it, by (method, outcome).
    outcomes: Counter[tuple[str, str]] = field(factory=Counter)
    #: The operations of the programs themselves, by (method, outcome).
    ended: Counter[tuple[str, str]] = field(factory=Counter)
    #: Steps of the programs in which something was done, by the rule of the machine that made them.
    rules: Counter[str] = field(factory=Counter)
    #: The operations of the programs by data class; a value that was refused counts as one that must be, or not at all.
    data: Counter[str] = field(factory=Counter)
    #: What was drawn and could not be asked: rules, methods and data classes.
    unasked: Counter[str] = field(factory=Counter)
    #: Programs that ended early, by what left nothing to compare with.
    cut: Counter[str] = field(factory=Counter)

    @property
    def operations(self) -> int:
        """How many operations were run."""
        return self.outcomes.total()

    def draw(self, program: Sequence[Any], refused: Collection[int]) -> None:
        """Count the data classes of a program, of which some operations were refused."""
        for place, operation in enumerate(program):
            self.data.update(name for name in classes_of(operation) if is_kept(name, refused=place in refused))
