"""What a certificate rests on, as numbers: operations by outcome, data classes drawn, transitions covered."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from .bounds import RULES, demanded
from .discovery import Registered
from .ports import PortName, ports_of
from .results import Run


@frozen(kw_only=True)
class OperationCount:
    """How often an operation of a generated program had an outcome."""

    port: PortName
    operation: str
    outcome: str
    count: int


@frozen(kw_only=True)
class RuleCount:
    """How many steps of generated programs a rule of the machine made."""

    port: PortName
    rule: str
    count: int


@frozen(kw_only=True)
class DataCount:
    """How many operations of generated programs were of a data class."""

    port: PortName
    data: str
    count: int
    #: Whether a verdict takes at least one.
    demanded: bool


@frozen(kw_only=True)
class ExhaustiveCount:
    """What one exhaustive run did: every program up to a depth, or the tour of the bounded model."""

    threads: int
    #: The length of the longest programs; null for a tour.
    depth: int | None
    programs: int
    operations: int
    #: States and transitions of the bounded model, and how many transitions the tour took; 0 where there is no tour.
    states: int
    transitions: int
    taken: int


def counted(run: Run, backend: Registered) -> dict[str, Any]:
    """Return the counts of a run, as a certificate has them."""
    return {
        "counts": _operations(run),
        "rules": _rules(run, backend),
        "data": _data(run, backend),
        "exhaustive": _exhaustive(run),
    }


def _operations(run: Run) -> tuple[OperationCount, ...]:
    return tuple(
        OperationCount(port=port, operation=operation, outcome=outcome, count=count)
        for port, tally in run.tallies.items()
        for (operation, outcome), count in sorted(tally.outcomes.items())
    )


def _rules(run: Run, backend: Registered) -> tuple[RuleCount, ...]:
    return tuple(
        RuleCount(port=port.name, rule=name, count=run.tallies[port.name].rules[name])
        for port in ports_of(backend)
        for name in RULES[port.name]
    )


def _data(run: Run, backend: Registered) -> tuple[DataCount, ...]:
    counts: list[DataCount] = []
    for port in ports_of(backend):
        due = frozenset(demanded(backend, port.name))
        drawn = run.tallies[port.name].data
        counts += (
            DataCount(port=port.name, data=name, count=drawn[name], demanded=name in due)
            for name in sorted(due | drawn.keys())
        )
    return tuple(counts)


def _exhaustive(run: Run) -> tuple[ExhaustiveCount, ...]:
    return tuple(
        ExhaustiveCount(
            threads=done.threads,
            depth=done.depth,
            programs=done.programs,
            operations=done.operations,
            states=done.states,
            transitions=done.transitions,
            taken=len(done.taken),
        )
        for done in run.exhaustive
    )
