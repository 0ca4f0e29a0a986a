"""What a run of the suite found: one result for each check, and how a failure is told."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from attrs import define, field, frozen

from .ports import PortName, Step

CheckOutcome = Literal["passed", "failed", "skipped", "error"]


@frozen(kw_only=True)
class Failure:
    """How a store broke a clause, so that somebody can see it for themselves."""

    clause: str
    #: What went wrong, in words.
    message: str
    #: The operations that show it, as data.
    operations: tuple[Step, ...]
    #: The same as Python that runs on its own.
    python: str
    #: Where in the last answer, what should have been there, and what was; absent for a plain assertion.
    path: str | None = None
    expected: str | None = None
    actual: str | None = None
    #: The port at which the operations run.
    port: PortName = "store"


@frozen(kw_only=True)
class Result:
    """What became of one check."""

    check: str
    #: The clauses that the check can show broken; none for a generated run, which can show any.
    clauses: tuple[str, ...]
    outcome: CheckOutcome
    #: Why it was skipped, or what broke the harness.
    reason: str = ""
    seconds: float = 0.0
    failure: Failure | None = None


@define
class Run:
    """Everything that one run of the suite found."""

    results: list[Result] = field(factory=list)
    #: Operations by (method, outcome), in generated runs.
    counts: Counter[tuple[str, str]] = field(factory=Counter)
    #: Generated programs that were asked for, and that were run, by port.
    programs_asked: Counter[str] = field(factory=Counter)
    programs_run: Counter[str] = field(factory=Counter)

    @property
    def operations(self) -> int:
        """Operations that generated runs performed, observing reads included."""
        return sum(self.counts.values())
