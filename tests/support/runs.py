"""Runs of the suite as they would have been recorded, for judging what a certificate makes of them."""

from __future__ import annotations

from collections.abc import Iterable

from threadstore_conformance.bounds import DATA, OUTCOMES, RULES
from threadstore_conformance.exhaustive.coverage import Coverage
from threadstore_conformance.results import Result, Run


def fulfilled(results: Iterable[Result] = ()) -> Run:
    """Return a run whose programs did everything that any backend's must have done."""
    run = Run(results=list(results))
    for port, tally in run.tallies.items():
        tally.ended.update((method, outcome) for method, outcomes in OUTCOMES[port].items() for outcome in outcomes)
        tally.rules.update(RULES[port])
        tally.data.update(DATA[port])
        run.programs_asked[port] = run.programs_run[port] = 10
    tour = Coverage(threads=1, asked=1, programs=1, states=1, transitions=1, taken={0})
    run.exhaustive += [tour, Coverage(threads=2, depth=2, asked=3, programs=3)]
    return run
