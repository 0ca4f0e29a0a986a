"""What a certificate says of failures that are known, and what the command makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from support.command import threadstore
from support.known import ANY, LOST_NAME, TURNS, expected_file
from support.products import PRODUCT
from support.runs import fulfilled
from threadstore_conformance.certificate import Certificate, clause_reports
from threadstore_conformance.certify import Certification, Request, certify
from threadstore_conformance.expected import Expectation, Expected
from threadstore_conformance.known import report_of
from threadstore_conformance.results import Failure, Result, Run

# --- Reports and certificates ------------------------------------------------------------------------------------


def _failed(clause: str, finding: str = "") -> Result:
    failure = Failure(clause=clause, message="it differs", operations=(), python="", finding=finding)
    return Result(check="test_it", clauses=(clause,), outcome="failed", failure=failure)


def _run(
    *results: Result, known: tuple[Expectation, ...] = (LOST_NAME, TURNS), met: dict[Any, int] | None = None
) -> Run:
    run = fulfilled(results)
    run.expected = Expected(known)
    run.expected.met.update({LOST_NAME: 2, TURNS: 1} if met is None else met)
    return run


def _certificate(run: Run, *, whole: bool = True, verdict: Any = "failed") -> Certificate:
    return Certificate(
        suite_version="1", backend="b", backend_version="1", port="manager", capabilities={}, session={},
        profile="default", verdict=verdict, seed=0, examples=1, programs=1, operations=1, seconds=0.0,
        clauses=tuple(clause_reports(run, PRODUCT, ["session"])), expected=report_of(run, whole=whole),
    )  # fmt: skip


def test_a_run_that_expects_nothing_reports_nothing() -> None:
    """Ensure a certificate without a list of expected failures has no word of it."""
    certificate = _certificate(_run(_failed("ROUTE-1"), known=(), met={}))
    assert certificate.expected is None
    assert (certificate.as_expected, certificate.exit_status) == (False, 1)


def test_what_fails_as_expected_exits_with_0() -> None:
    """Ensure all that failed being known, and all that is known having failed, is success, told as failed."""
    certificate = _certificate(_run(_failed("ROUTE-1", "F-name"), _failed("ROUTE-2", "F-turns")))
    assert certificate.expected is not None
    assert certificate.expected.met == {"F-name": 2, "F-turns": 1}
    assert (certificate.as_expected, certificate.exit_status, certificate.verdict) == (True, 0, "failed")
    findings = {clause.id: clause.findings for clause in certificate.clauses if clause.verdict == "failed"}
    assert findings == {"ROUTE-1": ("F-name",), "ROUTE-2": ("F-turns",)}


def test_a_new_failure_beside_known_ones_exits_with_1() -> None:
    """Ensure a failure that no finding tells of is named, though its clause fails in a known way too."""
    certificate = _certificate(_run(_failed("ROUTE-1", "F-name"), _failed("ROUTE-1"), _failed("ROUTE-1")))
    assert certificate.expected is not None
    assert certificate.expected.new == ("ROUTE-1",)
    assert (certificate.as_expected, certificate.exit_status) == (False, 1)


def test_a_stale_expectation_exits_with_1() -> None:
    """Ensure a whole run that did not meet what was expected fails, and names the finding."""
    certificate = _certificate(_run(_failed("ROUTE-1", "F-name"), met={LOST_NAME: 1}))
    assert certificate.expected is not None
    assert certificate.expected.stale == ("F-turns",)
    assert (certificate.as_expected, certificate.exit_status) == (False, 1)


def test_a_finding_of_several_expectations_is_one() -> None:
    """Ensure a finding is counted over its expectations, and is stale once for those that were not met."""
    others = tuple(attrs.evolve(TURNS, finding="F-name", says=says) for says in ("one", "two"))
    report = report_of(_run(known=(LOST_NAME, TURNS, *others), met={LOST_NAME: 2, others[0]: 3}), whole=True)
    assert report is not None
    assert report.met == {"F-name": 5}
    assert report.stale == ("F-turns", "F-name")


def test_a_run_that_was_cut_short_knows_nothing_to_be_stale() -> None:
    """Ensure what was not met in a part of a run may be met in the whole."""
    certificate = _certificate(_run(_failed("ROUTE-1", "F-name"), met={LOST_NAME: 1}), whole=False)
    assert certificate.expected is not None
    assert certificate.expected.stale == ()
    assert certificate.exit_status == 0


def test_a_harness_that_broke_is_never_as_expected() -> None:
    """Ensure known failures hide no error of the harness, and no check or program that was not run."""
    failed = _failed("ROUTE-1", "F-name"), _failed("ROUTE-2", "F-turns")
    broken = _run(*failed, Result(check="test_other", clauses=(), outcome="error", reason="it broke"))
    short = _run(*failed)
    short.programs_asked["manager"] += 1
    reports = (
        (report_of(broken, whole=True), "the harness failed in test_other: it broke"),
        (report_of(short, whole=True), "generated programs were run"),
        (report_of(_run(*failed), whole=True, absent=["test_third"]), "1 checks did not run, test_third among them"),
    )
    for report, trouble in reports:
        assert report is not None
        assert trouble in report.trouble
        certificate = attrs.evolve(_certificate(_run(*failed)), expected=report)
        assert (certificate.as_expected, certificate.exit_status) == (False, 1)


def test_what_is_certified_though_it_was_to_fail_exits_with_1() -> None:
    """Ensure a stale expectation fails a run in which nothing else does."""
    certificate = _certificate(_run(met={LOST_NAME: 1}), verdict="certified")
    assert (certificate.as_expected, certificate.exit_status) == (False, 1)


@pytest.mark.parametrize(("verdict", "status"), [("certified", 0), ("inconclusive", 2), ("error", 3)])
def test_only_failures_are_expected(verdict: str, status: int) -> None:
    """Ensure a run that could not be judged, or that the harness failed in, is never as expected."""
    certificate = _certificate(_run(known=(LOST_NAME,), met={LOST_NAME: 1}), verdict=verdict)
    assert (certificate.as_expected, certificate.exit_status) == (False, status)


# --- Runs of the suite -------------------------------------------------------------------------------------------

#: Each way in which programs and checks miss the name.
IN_FULL = (
    {"finding": "F-name", "clauses": ANY, "says": "got None", "path": LOST_NAME.path},
    {"finding": "F-name", "clauses": ["ROUTE-1"], "says": r"after a restart: .*\{'name': None\}"},
)
OTHER = {"finding": "F-other", "clauses": ["ORIG-1"], "says": "no such thing happens"}


def _certify(folder: Path, *entries: Any, **more: Any) -> Certification:
    request = Request(
        target="support.products:NAMELESS",
        levels=("session",),
        examples=10,
        expected=expected_file(folder, *entries),
        **more,
    )
    return certify(request)


def test_a_run_that_fails_as_expected_says_so(tmp_path: Path) -> None:
    """Ensure a short run meets what is known, shows it as failed clauses of a finding, and calls nothing stale."""
    done = _certify(tmp_path, *IN_FULL, OTHER)
    certificate = done.certificate
    assert (certificate.verdict, certificate.exit_status) == ("failed", 0), certificate.expected
    assert certificate.expected is not None
    assert certificate.expected.met.keys() == {"F-name"}
    assert certificate.expected.stale == ()
    failed = [clause for clause in certificate.clauses if clause.verdict == "failed"]
    assert failed
    assert {clause.findings for clause in failed} == {("F-name",)}
    assert {failure.finding for failure in done.failures} == {"F-name"}


def test_a_whole_run_tells_what_is_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a run of as many programs as a certificate takes fails for what it did not meet; a narrowed one never."""
    monkeypatch.setattr("threadstore_conformance.certify.DEFAULT_EXAMPLES", 10)
    certificate = _certify(tmp_path, *IN_FULL, OTHER).certificate
    assert certificate.expected is not None
    assert (certificate.expected.stale, certificate.exit_status) == (("F-other",), 1)
    narrowed = _certify(tmp_path, *IN_FULL, OTHER, clauses=("ROUTE-1",)).certificate
    assert narrowed.expected is not None
    assert (narrowed.expected.stale, narrowed.exit_status) == ((), 0)


def test_the_command_takes_a_list_of_expected_failures(tmp_path: Path) -> None:
    """Ensure it exits with 0 past what is known, says what was met, and with 1 where a failure is not on the list."""
    arguments = (
        "certify",
        "support.products:NAMELESS",
        "--level",
        "session",
        "--examples",
        "10",
        "--out",
        tmp_path / "out",
    )
    path = expected_file(tmp_path, *IN_FULL)
    done = threadstore(*arguments, "--expected", path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nameless unknown: failed as expected" in done.stdout
    assert "1 findings met: F-name " in done.stdout
    certificate = json.loads((tmp_path / "out" / "certificate.json").read_text())
    assert certificate["expected"]["new"] == []
    assert {"F-name"} == {finding for clause in certificate["clauses"] for finding in clause["findings"]}
    other = threadstore(*arguments, "--expected", expected_file(tmp_path, OTHER))
    assert other.returncode == 1
    assert "failed as no finding tells: " in other.stdout


def test_a_list_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    """Ensure the command exits with 3 before anything runs."""
    path = tmp_path / "expected.json"
    path.write_text("[]")
    done = threadstore("certify", "memory", "--expected", path, "--out", tmp_path / "out")
    assert done.returncode == 3
    assert done.stderr.strip() == (
        f"Error: {path} is no list of expected failures: its format is not threadstore-expected/1"
    )
    absent = threadstore("certify", "memory", "--expected", tmp_path / "absent", "--out", tmp_path / "out")
    assert absent.returncode == 3
    assert "does not exist" in absent.stderr
    assert not (tmp_path / "out").exists()
