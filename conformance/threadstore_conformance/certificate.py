"""The certificate: a verdict for each clause and each level, and what it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import cattrs
from attrs import frozen

from threadstore import SPEC_VERSION

from .bounds import missed
from .counted import DataCount, ExhaustiveCount, OperationCount, ProductReport, RuleCount
from .discovery import Registered
from .known import ExpectedReport
from .ports import Port, PortName, port_of_level, ports_of
from .results import Result, Run
from .spec_text import LEVELS, Clause, load_clauses, not_held, speaks_of

CERTIFICATE_FORMAT = "threadstore-certificate/1"

ClauseVerdict = Literal["passed", "failed", "skipped", "not applicable", "untested", "error"]
Verdict = Literal["certified", "failed", "inconclusive", "error"]

#: The outcomes of checks that ran to an end.
_RAN = ("passed", "failed")
_UNSTATED = "this version states no clause of it"

#: The exit status of each verdict.
EXIT_STATUS: dict[str, int] = {"certified": 0, "failed": 1, "inconclusive": 2, "error": 3}


@frozen(kw_only=True)
class ClauseReport:
    """What became of one clause."""

    id: str
    title: str
    strength: str
    level: str
    verdict: ClauseVerdict
    #: Why it was skipped or not tested, or what went wrong.
    reason: str = ""
    #: How many checks ran for it, or showed it broken.
    checks: int = 0
    #: How many of its checks were skipped, and the reasons, each once.
    checks_skipped: int = 0
    skip_reasons: tuple[str, ...] = ()
    #: The findings that tell how it failed, where that was expected.
    findings: tuple[str, ...] = ()


@frozen(kw_only=True)
class LevelReport:
    """What became of one level."""

    level: str
    #: Null where no clause of the level is about what the backend shows.
    verdict: Verdict | None
    #: Why the level is not certified, when it is not.
    reason: str = ""
    passed: int
    failed: int
    skipped: int
    #: Clauses about a store, where none is shown.
    not_applicable: int
    untested: int
    #: SHOULD clauses that failed: reported, and no matter for the verdict.
    advised: int
    #: Generated programs that show clauses of this level and that were run.
    programs: int


@frozen(kw_only=True)
class Certificate:
    """Everything a badge, a gate or a reader wants to know of a run."""

    format: str = CERTIFICATE_FORMAT
    spec_version: str = SPEC_VERSION
    suite_version: str
    backend: str
    backend_version: str
    #: What the backend shows: ``store``, and the session layer above it; or ``manager``, a session layer alone.
    port: PortName
    capabilities: dict[str, bool | int | str | None]
    #: What the session layer declares.
    session: dict[str, bool | int | str | None]
    #: The profile by which the session layer was judged: the one that was asked for, or that it declares.
    profile: str
    verdict: Verdict
    #: Why the run certifies nothing, when it does not.
    reason: str = ""
    #: Whether the run was narrowed to some clauses or rules: then it certifies nothing.
    narrowed: bool = False
    seed: int
    examples: int
    programs: int
    operations: int
    seconds: float
    levels: tuple[LevelReport, ...] = ()
    clauses: tuple[ClauseReport, ...] = ()
    counts: tuple[OperationCount, ...] = ()
    rules: tuple[RuleCount, ...] = ()
    data: tuple[DataCount, ...] = ()
    exhaustive: tuple[ExhaustiveCount, ...] = ()
    #: What was left out in judging a product that shows no store; null for a store.
    product: ProductReport | None = None
    #: What became of the failures that were expected; null where none were.
    expected: ExpectedReport | None = None

    @property
    def as_expected(self) -> bool:
        """Whether it failed in the ways that were expected, in all of them, and in no other."""
        return self.verdict == "failed" and self.expected is not None and self.expected.is_all

    @property
    def exit_status(self) -> int:
        """0 certified or failed as expected, 1 a MUST failed or an expected one did not, 2 inconclusive, 3 an error."""
        if self.as_expected:
            return 0
        if self.verdict == "certified" and self.expected is not None and self.expected.stale:
            return EXIT_STATUS["failed"]
        return EXIT_STATUS[self.verdict]

    def save(self, path: Path) -> None:
        """Write the certificate as JSON."""
        path.write_text(json.dumps(cattrs.unstructure(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def clause_reports(
    run: Run, backend: Registered, levels: Sequence[str], only: Sequence[str] = ()
) -> list[ClauseReport]:
    """Say what became of each clause of these levels, and of any other that was shown broken."""
    broken = {result.failure.clause for result in run.results if result.failure}
    return [
        _clause_report(clause, run, backend)
        for level in LEVELS
        for clause in load_clauses().values()
        if clause.level == level and ((level in levels and (not only or clause.id in only)) or clause.id in broken)
    ]


def _clause_report(clause: Clause, run: Run, backend: Registered) -> ClauseReport:
    own = [result for result in run.results if clause.id in result.clauses]
    shown = [result for result in run.results if result.failure and result.failure.clause == clause.id]
    errors = [result for result in own if result.outcome == "error"]
    skipped = [result for result in own if result.outcome == "skipped"]
    skip_reasons = tuple(dict.fromkeys(result.reason for result in skipped))
    ran = [result for result in run.results if result in shown or (result in own and result.outcome in _RAN)]
    waived = not_held(clause, backend)
    verdict: ClauseVerdict = "passed"
    reason = ""
    if shown:
        verdict, reason = "failed", _first_line(shown[0])
        # What was seen counts, though nobody went looking for it.
        reason += f" (shown all the same: {waived})" if waived else ""
    elif not speaks_of(clause, backend):
        verdict = "not applicable"
    elif waived:
        verdict, reason = "skipped", waived
    elif errors:
        verdict, reason = "error", errors[0].reason
    elif not any(result.outcome == "passed" for result in ran):
        verdict, reason = "untested", _untested(ran, skip_reasons)
    return ClauseReport(
        id=clause.id,
        title=clause.title,
        strength=clause.strength,
        level=clause.level,
        verdict=verdict,
        reason=reason,
        checks=len(ran),
        checks_skipped=len(skipped),
        skip_reasons=skip_reasons,
        findings=tuple(sorted({r.failure.finding for r in shown if r.failure and r.failure.finding})),
    )


def _untested(failed: Sequence[Result], skip_reasons: Sequence[str]) -> str:
    others = dict.fromkeys(result.failure.clause for result in failed if result.failure)
    if others:
        return f"its checks ended where they showed {few(others)} broken"
    return "; ".join(("no check of it ran", *skip_reasons))


def _first_line(result: Result) -> str:
    message = result.failure.message if result.failure else ""
    return (message.splitlines() or [""])[0][:300]


def level_reports(
    clauses: Sequence[ClauseReport], run: Run, backend: Registered, levels: Sequence[str], shortfall: str = ""
) -> list[LevelReport]:
    """Say what became of each of these levels; ``shortfall`` is what the programs lack that a certificate takes."""
    asked = [level for level in LEVELS if level in levels]
    return [_level_report(level, [c for c in clauses if c.level == level], run, backend, shortfall) for level in asked]


def _level_report(
    level: str, clauses: Sequence[ClauseReport], run: Run, backend: Registered, shortfall: str
) -> LevelReport:
    musts = [clause for clause in clauses if clause.strength == "MUST"]
    port = port_of_level(level)
    verdict, reason = _level_verdict(level, clauses)
    if verdict == "certified" and port in ports_of(backend):
        reason = _lacking(port, run, backend, shortfall)
        verdict = "inconclusive" if reason else "certified"

    def count(verdict: ClauseVerdict, among: Sequence[ClauseReport] = clauses) -> int:
        return sum(clause.verdict == verdict for clause in among)

    return LevelReport(
        level=level,
        verdict=verdict,
        reason=reason,
        passed=count("passed"),
        failed=count("failed", musts),
        skipped=count("skipped"),
        not_applicable=count("not applicable"),
        untested=count("untested"),
        advised=count("failed") - count("failed", musts),
        programs=run.programs_run[port.name] if port else 0,
    )


def _level_verdict(level: str, clauses: Sequence[ClauseReport]) -> tuple[Verdict | None, str]:
    """Return what the clauses alone make of a level, and why it is not *certified*."""
    musts = [clause for clause in clauses if clause.strength == "MUST"]
    failed = [clause.id for clause in musts if clause.verdict == "failed"]
    errors = [clause.id for clause in clauses if clause.verdict == "error"]
    untested = [clause.id for clause in musts if clause.verdict == "untested"]
    if not any(clause.level == level for clause in load_clauses().values()):
        return "inconclusive", _UNSTATED
    if failed:
        return "failed", few(failed)
    if errors:
        return "error", few(errors)
    if clauses and all(clause.verdict == "not applicable" for clause in clauses):
        return None, ""
    if untested:
        return "inconclusive", f"not every MUST clause could be tested: {few(untested)}"
    if not any(clause.verdict == "passed" for clause in musts):
        return "inconclusive", "no MUST clause of it was tested"
    return "certified", ""


def _lacking(port: Port, run: Run, backend: Registered, shortfall: str) -> str:
    """Return what the programs of a port lack of what a certificate takes, in words; empty when nothing is lacking."""
    if not run.programs_run[port.name] >= run.programs_asked[port.name] > 0:
        return "its generated programs did not all run"
    return shortfall or few(missed(run, backend, port.name))


def overall(
    levels: Sequence[LevelReport], run: Run, *, narrowed: bool, absent: Sequence[str] = ()
) -> tuple[Verdict, str]:
    """Return the verdict of a run, and why it is not *certified*; ``absent`` are checks that should have run."""
    broken = [result for result in run.results if result.outcome == "error"]
    failures = [result for result in run.results if result.failure and _is_demand(result.failure.clause)]
    unstated = [level.level for level in levels if level.reason == _UNSTATED]
    if failures:
        clauses = dict.fromkeys(result.failure.clause for result in failures if result.failure)
        return "failed", f"{', '.join(clauses)}"
    if broken:
        return "error", f"the harness failed in {broken[0].check}: {broken[0].reason}"
    if unstated:
        return "inconclusive", f"{', '.join(unstated)}: {_UNSTATED}"
    if levels and not any(level.verdict for level in levels):
        told = ", ".join(level.level for level in levels)
        return "inconclusive", f"nothing of {told} is about a session layer that shows no store"
    if not any(result.outcome in _RAN for result in run.results):
        return "inconclusive", "no check ran"
    if narrowed:
        return "inconclusive", "the run was narrowed, and a narrowed run certifies nothing"
    if absent:
        return "inconclusive", f"{len(absent)} checks did not run, {absent[0]} among them"
    asked, done = run.programs_asked.total(), run.programs_run.total()
    if done < asked:
        return "inconclusive", f"only {done} of {asked} generated programs were run"
    # Levels that lack the same are named together.
    reasons: dict[str, list[str]] = {}
    for level in levels:
        if level.verdict not in ("certified", None):
            reasons.setdefault(level.reason, []).append(level.level)
    if reasons or not levels:
        told = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in reasons.items())
        return "inconclusive", told or "no level was looked at"
    return "certified", ""


def few(names: Iterable[str], shown: int = 3) -> str:
    """Return the first few names, and how many more there are."""
    every = list(names)
    more = len(every) - shown
    return f"{', '.join(every[:shown])} and {more} more" if more > 0 else ", ".join(every)


def _is_demand(clause_id: str) -> bool:
    clause = load_clauses().get(clause_id)
    return clause is None or clause.strength == "MUST"
