"""What the machines of both ports share: rules made of tables, and the end of a program.

What a rule draws and does is data, and so is how often it comes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from threadstore import ManualClock

from .lockstep import Difference, Lockstep
from .results import Run
from .session_lockstep import SessionLockstep

#: What a rule does, and what it drew for it.
Drawn: TypeAlias = tuple[Callable[..., None], dict[str, Any]]


class DrawnMachine(RuleBasedStateMachine):
    """What machines share that run a program in lockstep and compare everything once more at its end."""

    suite_run: Run
    #: How many programs of this machine ran to their end.
    completed: list[int]
    lockstep: Lockstep | SessionLockstep

    def __init__(self) -> None:
        super().__init__()
        #: What is open for the program at hand.
        self.opened = ExitStack()
        self.clock = ManualClock()
        if self.suite_run.drawn is not None:
            self.suite_run.drawn.append([])

    def teardown(self) -> None:
        """Compare everything once more, then close what was opened and remove its home."""
        self.lockstep.tally.draw(self.lockstep.operations, self.lockstep.refused)
        try:
            if not self.lockstep.broken:
                with _kept(self.suite_run):
                    self.lockstep.observe()
                self.completed[0] += 1
        finally:
            self.opened.close()


# Hypothesis types these decorators for functions with fixed parameters; ours draw what a table says.
_rule: Any = rule
_initialize: Any = initialize


def drawn_rules(
    rules: Mapping[str, tuple[Callable[..., None], dict[str, Any]]],
    names: Collection[str],
    weights: Mapping[str, int],
    instead: Callable[..., None] | None = None,
) -> dict[str, Any]:
    """Return the rules of these names, each as often as its weight; ``instead`` of what they do, when given."""
    return {
        f"{name}_{copy}": _rule(**draws)(_passing_on(instead or _counted(name, run)))
        for name, (run, draws) in rules.items()
        if name in names
        for copy in range(weights.get(name, 1))
    }


def _counted(name: str, run: Callable[..., None]) -> Callable[..., None]:
    def call(self: DrawnMachine, **drawn: Any) -> None:
        tally = self.lockstep.tally
        before, unasked = tally.operations, tally.unasked.total()
        run(self, **drawn)
        # A rule that had nothing to do was not taken.
        took = tally.operations > before
        tally.rules[name] += took
        # One that had something to do, of which nothing could be asked.
        tally.unasked[f"rule {name}"] += not took and tally.unasked.total() > unasked

    return call


def drawn_beginning(run: Callable[..., None], **draws: Any) -> Any:
    """Return the rule that a program begins with."""
    return _initialize(**draws)(_passing_on(run))


def _passing_on(run: Callable[..., None]) -> Callable[..., None]:
    # Hypothesis marks the function it is given, so each rule of each machine gets one of its own.
    def call(self: RuleBasedStateMachine, **drawn: Any) -> None:
        if not isinstance(self, DrawnMachine):
            run(self, **drawn)
            return
        if self.suite_run.drawn is not None:
            self.suite_run.drawn[-1].append((run, copy.deepcopy(drawn)))
        with _kept(self.suite_run):
            run(self, **drawn)

    return call


@contextmanager
def _kept(run: Run) -> Iterator[None]:
    """Keep the difference that is shown meanwhile: Hypothesis may lose it when it comes once and not again."""
    try:
        yield
    except Difference as difference:
        run.last = difference
        raise
