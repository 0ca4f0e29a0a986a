"""Two session layers that keep homes of one layout, in turn on the same home.

A generated program runs in lockstep with the session model, as ever; now and then the home is handed over: the one
closes it, the other opens it, and what was written before is what the model says. So each is held to read what the
other wrote, and to go on with it. Operations are such as both can be asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from threadstore import system_clock
from threadstore.registration import ManagerBackend
from threadstore.session_model import restarted

from .drawn import drawn_beginning, drawn_rules
from .expected import Expected
from .lockstep import Difference
from .process import HandOverParams
from .results import Run
from .session_machine import SessionMachine
from .session_rules import RULES, WEIGHTS
from .session_strategies import OVERRIDES, beginnings

#: Handing the home over, and what is done after it at once.
_EXCHANGE = "exchange"


class ExchangeMachine(SessionMachine):
    """A session machine whose home two backends have in turn."""

    pair: tuple[ManagerBackend, ManagerBackend]
    #: The failures that are known, by the backend that they are of: what is known of one excuses no other.
    known: Mapping[str, Expected]

    def __init__(self) -> None:
        super().__init__()
        self.lockstep.expected = self._known_of(self.pair[0])
        # One of the two may have no clock but the machine's.
        self.clock.advance(system_clock() - self.clock.now)

    def run(self, operation: Any) -> None:
        """Run what both can be asked in place of an operation."""
        for backend in self.pair:
            operation = backend.asks(operation)
            if isinstance(operation, str):
                return
        super().run(operation)

    def hand_over(self) -> None:
        """Let the other backend have the home, and look at everything there is."""
        lockstep, process = self.lockstep, self.process
        if lockstep.over:
            return
        lockstep.settle()
        other = next(each for each in self.pair if each is not process.backend)
        process.hand_over(other)
        state = restarted(lockstep.state, process.settings)
        store = evolve(state.store, variants=other.capabilities)
        operation = HandOverParams(to=other.name)
        lockstep.operations.append(operation)
        lockstep.go_on(operation, evolve(state, variants=other.session, store=store))
        lockstep.expected = self._known_of(other)
        self.backend = other
        lockstep.observe()

    def _known_of(self, backend: ManagerBackend) -> Expected:
        return self.known.get(backend.name) or Expected()


def exchange_machine(
    pair: tuple[ManagerBackend, ManagerBackend], suite_run: Run, known: Mapping[str, Expected]
) -> type[ExchangeMachine]:
    """Return the machine that begins with the first of two backends."""
    hand_over: Callable[..., None] = ExchangeMachine.hand_over
    rules = drawn_rules({**RULES, _EXCHANGE: (hand_over, {})}, {*RULES, _EXCHANGE}, {**WEIGHTS, _EXCHANGE: 6})
    rules["prepare"] = drawn_beginning(
        ExchangeMachine.prepare, override=st.sampled_from(OVERRIDES), beginnings=beginnings
    )
    shared = {"backend": pair[0], "pair": pair, "known": known, "suite_run": suite_run, "completed": [0]}
    return type("ExchangeMachine", (ExchangeMachine,), {**rules, **shared})


def exchanged(
    pair: tuple[ManagerBackend, ManagerBackend],
    suite_run: Run,
    *,
    examples: int,
    steps: int,
    first_seed: int,
    known: Mapping[str, Expected] | None = None,
) -> Difference | None:
    """Run programs from a seed; return the first difference that is not known of the backend that shows it."""
    machine = exchange_machine(pair, suite_run, known or {})
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    suite_run.last = None
    try:
        run_state_machine_as_test(seed(first_seed)(machine), settings=how)
    except Difference as difference:
        return difference
    except Flaky:
        if suite_run.last is None:
            raise
        return suite_run.last
    finally:
        suite_run.programs_run["manager"] += machine.completed[0]
    return None
