"""Trying a law on generated programs."""

from __future__ import annotations

from attrs import frozen
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import FlakyFailure

from threadstore import Backend

from .generated import programs
from .law import Law, Violation
from .trials import Program, Trials

#: Programs that each law is tried on.
DEFAULT_EXAMPLES = 10


@frozen
class Held:
    """A law that held: for how many programs, and how many claims it made of them."""

    law: Law
    programs: int
    claims: int


#: How often a law that finds nothing to speak of gets as many programs more.
_ROUNDS = 5


def hold(law: Law, backend: Backend, examples: int = DEFAULT_EXAMPLES, start: int = 0) -> Held:
    """Try a law on generated programs, more where it makes no claim; raise the `Violation` of the smallest found."""
    held = Held(law, 0, 0)
    with Trials(backend) as trials:
        for number in range(_ROUNDS):
            programs_run, claims = _try(law, trials, examples, start + number)
            held = Held(law, held.programs + programs_run, claims)
            if claims:
                break
    return held


def _try(law: Law, trials: Trials, examples: int, start: int) -> tuple[int, int]:
    """Return how many programs were run, and how many claims held."""
    claims: list[int] = []

    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @seed(start)
    @given(programs)
    def attempt(program: Program) -> None:
        claims.append(law.check(program, trials))

    try:
        attempt()
    except FlakyFailure as flaky:
        # A store that answers one program in two ways: what it did once it did.
        seen = [error for error in flaky.exceptions if isinstance(error, Violation)]
        raise (seen[0] if seen else flaky) from None
    return len(claims), sum(claims)
