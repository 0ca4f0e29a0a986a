"""What a run of the suite found: one result for each check, and how a failure is told."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from attrs import define, field, frozen

from .brief import Row
from .exhaustive.coverage import Coverage
from .expected import Expected
from .ports import PortName, Step
from .tally import Tally

if TYPE_CHECKING:
    from .drawn import Drawn
    from .lockstep import Difference

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
    #: Which finding tells of it, where it was expected.
    finding: str = ""
    #: The port at which the operations run.
    port: PortName = "store"
    #: What commands call the backend.
    target: str = "TARGET"
    #: The operations with what was expected and what came, as far as the program was run.
    rows: tuple[Row, ...] = ()
    #: How many programs were run to find this one, when it was searched for, and whether none is smaller by a step.
    runs: int = 0
    minimal: bool = False


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
    #: What generated programs did, by port.
    tallies: dict[PortName, Tally] = field(factory=lambda: {"store": Tally(), "manager": Tally()})
    #: Generated programs that were asked for, and that were run, by port.
    programs_asked: Counter[str] = field(factory=Counter)
    programs_run: Counter[str] = field(factory=Counter)
    #: What generated programs did and drew for it, each in order; kept where that is asked for.
    drawn: list[list[Drawn]] | None = None
    #: The last difference that a generated program showed.
    last: Difference | None = None
    #: What exhaustive runs did: every program up to a depth, and the tour of the bounded model.
    exhaustive: list[Coverage] = field(factory=list)
    #: The failures that are known, and which of them were met.
    expected: Expected = field(factory=Expected)

    @property
    def operations(self) -> int:
        """Operations that generated and exhaustive programs performed, observing reads included."""
        generated = sum(tally.operations for tally in self.tallies.values())
        return generated + sum(coverage.operations for coverage in self.exhaustive)
