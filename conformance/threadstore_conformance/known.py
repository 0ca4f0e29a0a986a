"""What a run makes of the failures that were expected of it: results that name findings, and what was new or stale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import evolve, frozen

from .discovery import Registered
from .failures import failure_of
from .lockstep import Difference
from .results import Failure, Result, Run
from .shrink import smallest

#: A program is run again at most so often to make one small that shows what is known.
BUDGET = 40
#: How the names of the files end that programs of findings are saved in.
PROGRAM = ".program.py"


@frozen(kw_only=True)
class ExpectedReport:
    """What became of the failures that were expected."""

    #: How often each finding was met.
    met: dict[str, int]
    #: The clauses that failed in a way that no finding tells of.
    new: tuple[str, ...]
    #: The findings of which an expectation was not met; none of a run that was cut short.
    stale: tuple[str, ...]
    #: What else is wrong with the run, in words: checks that broke or did not run, programs that were not run.
    trouble: str = ""

    @property
    def is_all(self) -> bool:
        """Whether what failed is what was expected, and nothing else."""
        return not (self.new or self.stale or self.trouble)


def known_results(run: Run, backend: Registered, target: str) -> Iterator[Result]:
    """Yield a failed result for each expectation that a generated program met, with its smallest program.

    A program that is made smaller may show what no expectation tells of: that is a failure like any other.
    """
    for expectation, difference in run.expected.first.items():
        found = smallest(difference, backend, BUDGET, run.expected.without(expectation))
        is_known = found is not None and expectation.is_shown_by(found)
        shown = found if found is not None and is_known else difference
        yield _result(shown, backend, target, expectation.finding)
        if found is not None and not is_known:
            yield _result(found, backend, target)


def _result(difference: Difference, backend: Registered, target: str, finding: str = "") -> Result:
    failure = failure_of(difference, (), None, target, backend)
    name = f"generated programs: {finding or difference.clause}"
    return Result(check=name, clauses=(), outcome="failed", failure=failure and evolve(failure, finding=finding))


def save_programs(run: Run, out: Path) -> None:
    """Write the shortest program that met each finding, as Python that runs on its own: ``FINDING.program.py``."""
    shortest: dict[str, Failure] = {}
    for result in run.results:
        failure = result.failure
        if failure is None or not failure.finding or not failure.operations:
            continue
        known = shortest.get(failure.finding)
        if known is None or len(failure.operations) < len(known.operations):
            shortest[failure.finding] = failure
    for finding, failure in shortest.items():
        said = "".join(f"# {line}\n" for line in failure.message.splitlines())
        (out / f"{finding}{PROGRAM}").write_text(said + "\n" + failure.python, encoding="utf-8")


def report_of(run: Run, *, whole: bool, absent: Sequence[str] = ()) -> ExpectedReport | None:
    """Return what became of what was expected; nothing when nothing was. ``absent`` are checks that did not run."""
    if not run.expected.known:
        return None
    unexpected = [each.failure.clause for each in run.results if each.failure and not each.failure.finding]
    return ExpectedReport(
        met=run.expected.findings,
        new=tuple(dict.fromkeys(unexpected)),
        stale=tuple(dict.fromkeys(each.finding for each in run.expected.stale)) if whole else (),
        trouble=_trouble(run, absent),
    )


def _trouble(run: Run, absent: Sequence[str]) -> str:
    broken = next((each for each in run.results if each.outcome == "error"), None)
    if broken:
        return f"the harness failed in {broken.check}: {broken.reason}"
    if absent:
        return f"{len(absent)} checks did not run, {absent[0]} among them"
    asked, done = run.programs_asked.total(), run.programs_run.total()
    return f"only {done} of {asked} generated programs were run" if done < asked else ""
