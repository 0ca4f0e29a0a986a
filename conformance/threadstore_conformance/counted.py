"""What a certificate rests on, as numbers: operations by outcome, data classes drawn, transitions covered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from attrs import frozen

from threadstore.registration import ManagerBackend

from .bounds import RULES, demanded
from .discovery import Registered
from .ports import PortName
from .results import Run


@frozen(kw_only=True)
class OperationCount:
    """How often an operation had an outcome in programs of one kind, the reads that observe them included."""

    programs: Literal["generated", "exhaustive"]
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
    seconds: float


@frozen(kw_only=True)
class ProductReport:
    """What a product that shows no store was not asked, and what of its answers was not judged."""

    #: Whether its process was killed, now and then, before it was started again.
    kills: bool
    #: Whether its turns may add to a history what nobody said.
    adds: bool
    #: The fields of which nothing was judged.
    unseen: tuple[str, ...]
    #: Two times that are less apart were one, in milliseconds.
    grain: int
    #: How often what was drawn could not be asked: rules, methods and data classes.
    unasked: dict[str, int]
    #: Programs that ended early, by what left nothing to compare with.
    cut: dict[str, int]


def counted(run: Run, backend: Registered, ports: Sequence[PortName]) -> dict[str, Any]:
    """Return the counts of a run, as a certificate has them; bounds are those of the ports that get a verdict."""
    return {
        "counts": (*_generated(run), *_of_exhaustive(run)),
        "rules": _rules(run, ports),
        "data": _data(run, backend, ports),
        "exhaustive": _exhaustive(run),
        "product": _product(run, backend) if isinstance(backend, ManagerBackend) else None,
    }


def _generated(run: Run) -> Iterator[OperationCount]:
    for port, tally in run.tallies.items():
        for (operation, outcome), count in sorted(tally.outcomes.items()):
            yield OperationCount(programs="generated", port=port, operation=operation, outcome=outcome, count=count)


def _of_exhaustive(run: Run) -> Iterator[OperationCount]:
    total = sum((done.outcomes for done in run.exhaustive), Counter[tuple[str, str]]())
    for (operation, outcome), count in sorted(total.items()):
        yield OperationCount(programs="exhaustive", port="store", operation=operation, outcome=outcome, count=count)


def _rules(run: Run, ports: Sequence[PortName]) -> tuple[RuleCount, ...]:
    return tuple(
        RuleCount(port=port, rule=name, count=run.tallies[port].rules[name]) for port in ports for name in RULES[port]
    )


def _data(run: Run, backend: Registered, ports: Sequence[PortName]) -> tuple[DataCount, ...]:
    counts: list[DataCount] = []
    for port in ports:
        due = frozenset(demanded(backend, port))
        drawn = run.tallies[port].data
        counts += (
            DataCount(port=port, data=name, count=drawn[name], demanded=name in due)
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
            seconds=done.seconds,
        )
        for done in run.exhaustive
    )


def _product(run: Run, backend: ManagerBackend) -> ProductReport:
    tally = run.tallies["manager"]
    return ProductReport(
        kills=backend.kills,
        adds=backend.adds,
        unseen=tuple(sorted(backend.unseen)),
        grain=backend.grain,
        unasked=dict(sorted(tally.unasked.items())),
        cut=dict(sorted(tally.cut.items())),
    )
