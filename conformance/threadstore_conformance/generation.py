"""Running the state machine: how many programs, from which seed, with which rules."""

from __future__ import annotations

from typing import Any

from attrs import frozen
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from threadstore import Backend

from . import rules, session_rules
from .discovery import Registered
from .expected import Expected
from .lockstep import Difference
from .machine import store_machine
from .ports import PortName
from .results import Run
from .session_machine import session_machine
from .shrink import BUDGET, smallest

#: The rule subsets that can be run by name, by port.
FOCUS: dict[PortName, dict[str, frozenset[str]]] = {"store": rules.FOCUS, "manager": session_rules.FOCUS}

DEFAULT_EXAMPLES = 150
STEPS = 50
#: Programs from one seed: of more, Hypothesis makes most by changing those before a little.
BATCH = 10
#: How often programs of a whole product are run again to make one small: each is a process of its own.
PRODUCT_BUDGET = 100


def budget_of(backend: Registered) -> int:
    """Return how many programs are run at most to make one small."""
    return BUDGET if isinstance(backend, Backend) else PRODUCT_BUDGET


@frozen(kw_only=True)
class Generation:
    """Generated runs against one backend, at one port."""

    backend: Registered
    run: Run
    port: PortName = "store"
    #: Programs of the whole machine; a focus gets a fifth as many.
    examples: int = DEFAULT_EXAMPLES
    seed: int = 0
    #: How many programs are run at most to make one small, and whether one that does not show it by itself is as well.
    budget: int = BUDGET
    patient: bool = True

    def check(self, focus: str | None = None) -> None:
        """Run programs in lockstep; raise the `Difference` of the smallest program that shows one."""
        examples = self.examples if focus is None else max(1, self.examples // 5)
        machine = self._machine(focus)
        self.run.programs_asked[self.port] += examples
        for batch, size in enumerate(_batches(examples)):
            try:
                self._run(machine, size, batch, Phase.generate)
            except Difference as found:
                difference = smallest(found, self.backend, self.budget, Expected(self.run.expected.known))
                if difference is not None:
                    raise difference from None
                if not self.patient:
                    raise
                # It takes more than the program to see it again: let Hypothesis shrink all that it drew.
                self._run(machine, size, batch, Phase.generate, Phase.shrink)
                raise
        self.run.programs_run[self.port] += min(machine.completed[0], examples)

    def _machine(self, focus: str | None) -> Any:
        if self.port == "manager":
            return session_machine(self.backend, focus, self.run)
        assert isinstance(self.backend, Backend)
        return store_machine(self.backend, focus, self.run)

    def _run(self, machine: Any, examples: int, batch: int, *phases: Phase) -> None:
        how = settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            phases=phases,
            database=None,
            deadline=None,
            print_blob=False,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        self.run.last = None
        try:
            run_state_machine_as_test(seed(self.seed * 1_000_003 + batch)(machine), settings=how)
        except Flaky as flaky:
            raise _unrepeatable(flaky, self.run.last) from flaky


def _batches(examples: int) -> list[int]:
    whole, rest = divmod(examples, BATCH)
    return [BATCH] * whole + ([rest] if rest else [])


def _unrepeatable(flaky: Flaky, shown: Difference | None) -> BaseException:
    """Return the difference that came once and not again: the store answers one program in two ways (READ-1)."""
    if shown is None:
        return flaky
    return Difference(
        "READ-1",
        shown.operations,
        shown.refused,
        shown.path,
        "the same answer each time that the program is run",
        f"once: {shown}; and then not again",
        shown.port,
    )
