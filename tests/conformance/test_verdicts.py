"""What a run's results come to: clause by clause, level by level, and in one sentence."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

import threadstore as ts
from support.managers import PRODUCT
from support.runs import fulfilled
from threadstore.history import History
from threadstore.registration import SessionCapabilities
from threadstore.session_state import SessionState
from threadstore.state import State, Thread
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance.certificate import ClauseReport, clause_reports, few, level_reports, overall
from threadstore_conformance.certify import Request
from threadstore_conformance.compare_values import Mismatch
from threadstore_conformance.process import RestartParams
from threadstore_conformance.results import Failure, Result, Run
from threadstore_conformance.session_attribution import ANSWERS, CONSUMERS, LOADED, SIGHTS, clause_of_manager
from threadstore_conformance.spec_text import load_clauses

THREAD = "01900000-0000-7000-8000-000000000001"

#: A session layer that declares nothing.
BARE = attrs.evolve(PRODUCT, session=SessionCapabilities())


def _result(*clauses: str, outcome: Any = "passed", reason: str = "", shows: str | None = None) -> Result:
    failure = Failure(clause=shows, message="it differs", operations=(), python="") if shows else None
    return Result(check="test_it", clauses=clauses, outcome=outcome, reason=reason, failure=failure)


def _reports(backend: Any, *results: Result, levels: tuple[str, ...] = ("session",)) -> dict[str, ClauseReport]:
    return {report.id: report for report in clause_reports(Run(results=list(results)), backend, levels)}


def _verdict(backend: Any, *results: Result, level: str = "session", shortfall: str = "") -> tuple[Any, str, str]:
    """Return the verdict of a level, the run's, and the run's sentence."""
    run = fulfilled(results)
    levels = level_reports(clause_reports(run, backend, [level]), run, backend, [level], shortfall)
    verdict, reason = overall(levels, run, narrowed=False)
    return levels[0].verdict, verdict, reason


def _every(level: str, *but: str) -> list[Result]:
    return [_result(clause.id) for clause in load_clauses().values() if clause.level == level and clause.id not in but]


def test_what_is_seen_after_a_restart_is_no_forks_affair() -> None:
    """Ensure a restart, which is about no thread, is not taken for the source of one that has none."""
    record = ts.StoredThread(thread_id=THREAD, created_at=1, updated_at=1, recency_at=1)
    thread = Thread(record, History(()), "legacy", live=False, visible=True)
    state = SessionState(State(threads={THREAD: thread}), PRODUCT.session, ts.ProcessSettings())
    wrong = Mismatch("name", "named", None)
    read = ts.ReadThreadParams(thread_id=THREAD)
    assert clause_of_manager(read, wrong, state, was_loaded=False, cause=(RestartParams(), None)) == "ROUTE-2"


@pytest.mark.parametrize("clause_id", ["ORIG-3f", "APPEND-1"])
def test_a_failure_of_a_clause_that_is_not_held_is_shown(clause_id: str) -> None:
    """Ensure what a generated program showed counts as a check, is told, and fails the run."""
    generated = _result(outcome="failed", shows=clause_id)
    report = _reports(BARE, generated)[clause_id]
    assert (report.verdict, report.checks) == ("failed", 1)
    assert report.reason.startswith("it differs (shown all the same: not ")
    assert _verdict(BARE, *_every("session"), generated)[1:] == ("failed", clause_id)


def test_a_session_layers_difference_names_a_clause_that_it_is_held_to() -> None:
    """Ensure no table of attribution blames a session layer for a clause about stores."""
    fields = [clause for table in LOADED.values() for clause in table.values()]
    sights = [clause for table, *both in SIGHTS.values() for clause in (*table.values(), *both)]
    for clause in (*ANSWERS.values(), *CONSUMERS.values(), *fields, *sights):
        assert load_clauses()[clause].port != "store", clause


def test_skipped_checks_of_a_clause_that_passed_are_told() -> None:
    """Ensure a clause passes on the checks that ran, and says which did not and why, each reason once."""
    skipped = [_result("ORIG-1", outcome="skipped", reason=reason) for reason in ("no git", "no git", "no store")]
    report = _reports(MEMORY, _result("ORIG-1"), *skipped)["ORIG-1"]
    assert (report.verdict, report.checks, report.checks_skipped) == ("passed", 1, 3)
    assert report.skip_reasons == ("no git", "no store")


def test_a_clause_whose_only_checks_were_skipped_is_untested_with_the_reasons() -> None:
    """Ensure the verdict's sentence names the untested clauses, the first few of them."""
    absent = ("ORIG-1", "ORIG-2", "TURN-1", "RESUME-1", "SYNC-1")
    skipped = [_result(clause_id, outcome="skipped", reason="not testable: no git") for clause_id in absent]
    report = _reports(MEMORY, *skipped)["ORIG-1"]
    assert (report.verdict, report.reason) == ("untested", "no check of it ran; not testable: no git")
    level, verdict, reason = _verdict(MEMORY, *_every("session", *absent), *skipped)
    assert (level, verdict) == ("inconclusive", "inconclusive")
    assert reason == "session: not every MUST clause could be tested: ORIG-1, ORIG-2, TURN-1 and 2 more"


def test_a_clause_whose_only_check_failed_for_another_has_not_passed() -> None:
    """Ensure a check that ended early vouches for none of its clauses."""
    report = _reports(MEMORY, _result("ORIG-1", "ORIG-2", outcome="failed", shows="ORIG-1"))["ORIG-2"]
    assert (report.verdict, report.reason) == ("untested", "its checks ended where they showed ORIG-1 broken")


def test_a_clause_of_another_level_that_was_shown_broken_is_reported() -> None:
    """Ensure a failure has a row of its own, though its level was not asked for."""
    reports = _reports(MEMORY, _result(outcome="failed", shows="APPEND-1"))
    assert reports["APPEND-1"].verdict == "failed"
    assert {report.level for report in reports.values() if report.id != "APPEND-1"} == {"session"}


def test_too_few_programs_leave_a_level_inconclusive() -> None:
    """Ensure a level that lacks nothing but programs is not certified, and that one without is."""
    every = _every("session")
    assert _verdict(MEMORY, *every) == ("certified", "certified", "")
    short = Request(target="memory", examples=20).shortfall
    assert _verdict(MEMORY, *every, shortfall=short) == ("inconclusive", "inconclusive", f"session: {short}")


def test_a_level_without_a_clause_is_inconclusive_beside_others() -> None:
    """Ensure no certificate is given for what the spec does not state."""
    assert _verdict(MEMORY, *_every("core"), level="durable") == (
        "inconclusive", "inconclusive", "durable: this version states no clause of it",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("request_of", "says"),
    [
        ({"focus": "forks", "levels": ("core",)}, "--focus forks shows clauses of session, not of core"),
        ({"focus": "append", "clauses": ("APPEND-1",)}, "name one of the two"),
        ({"clauses": ("APPEND-99",)}, "no clause is called APPEND-99"),
        ({"focus": "append", "levels": ("session", "query")}, ""),
        ({"focus": "forks"}, ""),
    ],
)
def test_a_request_that_contradicts_itself_says_so(request_of: dict[str, Any], says: str) -> None:
    """Ensure options that leave nothing to judge are told before anything runs."""
    contradiction = Request(target="memory", **request_of).contradiction
    assert (says in contradiction) if says else not contradiction


def test_few_names_the_first_and_counts_the_rest() -> None:
    """Ensure a long list ends with a number."""
    assert few(["a", "b", "c"]) == "a, b, c"
    assert few(["a", "b", "c", "d"]) == "a, b, c and 1 more"
