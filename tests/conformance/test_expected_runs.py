"""Runs that fail in known ways: how a program goes on past them, and what a certificate says of them."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest

import threadstore as ts
from support.command import threadstore
from support.known import ANY, LOST_NAME, TURNS, expected_file
from support.products import DEAF, NAMELESS, PRODUCT, Deaf, Miscounting, Product, product
from support.runs import fulfilled
from threadstore_conformance import Difference
from threadstore_conformance.certificate import Certificate, clause_reports
from threadstore_conformance.certify import Certification, Request, certify
from threadstore_conformance.expected import Expectation, Expected
from threadstore_conformance.generation import Generation
from threadstore_conformance.known import known_results, report_of
from threadstore_conformance.lab import user_message
from threadstore_conformance.process import RestartParams, fresh_process
from threadstore_conformance.results import Failure, Result, Run
from threadstore_conformance.running import run_program
from threadstore_conformance.session_lockstep import SessionLockstep

THREAD = "@thread:0"
UNKNOWN = "01900000-0000-7000-8000-00000000ffff"

START = ts.StartParams()
APPEND = ts.AppendThreadItemsParams(thread_id=THREAD, items=[user_message("one")])
RENAME = ts.UpdateThreadMetadataParams(thread_id=THREAD, patch=ts.ThreadMetadataPatch(name="named"))
READ = ts.ReadThreadParams(thread_id=THREAD, include_archived=True)

# --- Programs that go on -----------------------------------------------------------------------------------------


class Misnaming(Miscounting):
    """Tells of a turn too many, and of a name that nobody gave."""

    def start_thread(self, params: ts.StartParams, /) -> ts.LoadedThread:
        return attrs.evolve(super().start_thread(params), name="nobody's")


class Mute(Miscounting, Deaf):
    """Tells of a turn too many, and leaves out of a turn what was said."""


class Listless(Product):
    """Shows no names in lists."""

    def list_threads(self, params: ts.ListThreadsParams, /) -> ts.ThreadPage:
        page = super().list_threads(params)
        return attrs.evolve(page, items=tuple(attrs.evolve(each, name=None) for each in page.items))


class Refusing(Product):
    """Refuses names."""

    def update_thread_metadata(self, params: ts.UpdateThreadMetadataParams, /) -> ts.StoredThread:
        raise ts.InvalidRequest("no names here")


class Lenient(Deaf):
    """Deletes and archives what is not there, and leaves out of a turn what was said."""

    def archive_thread(self, params: ts.ArchiveThreadParams, /) -> None:
        with suppress(ts.ThreadNotFound):
            super().archive_thread(params)

    def delete_thread(self, params: ts.DeleteThreadParams, /) -> None:
        with suppress(ts.ThreadNotFound):
            super().delete_thread(params)


def _seen(layer: type[Product]) -> ts.ManagerBackend:
    return attrs.evolve(product(layer), unseen=frozenset())


def _ran(backend: ts.ManagerBackend, program: list[Any], *known: Expectation) -> SessionLockstep:
    """Run a program, all looked at in the end, and return the lockstep."""
    clock = ts.ManualClock()
    with fresh_process(backend, clock) as process:
        lockstep = SessionLockstep(process, clock, expected=Expected(known))
        for operation in program:
            lockstep.run(operation)
        lockstep.observe()
        return lockstep


def test_a_program_goes_on_past_a_known_field() -> None:
    """Ensure what comes after a known difference is run and compared with what was shown."""
    program = [START, RENAME, APPEND, RestartParams(), READ, READ]
    with pytest.raises(Difference, match="at name: expected 'named', got None"):
        run_program(NAMELESS, program, "manager")
    lockstep = _ran(NAMELESS, program, LOST_NAME)
    assert not lockstep.over
    assert lockstep.tally.outcomes["read_thread", "ok"] > 2
    assert lockstep.tally.outcomes["list_threads", "ok"] == 4
    # Once it was read, the thread has no name: neither a second read nor a list is wrong.
    assert lockstep.expected.met == {LOST_NAME: 1}
    assert str(lockstep.expected.first[LOST_NAME]).startswith("read_thread breaks ")


def test_another_difference_still_fails() -> None:
    """Ensure a program that went on past what is known ends at what is not."""
    with pytest.raises(Difference) as caught:
        _ran(_seen(Mute), [START, APPEND], TURNS)
    assert (caught.value.clause, caught.value.path) == ("ROUTE-2", "items")


def test_another_difference_in_the_same_answer_still_fails() -> None:
    """Ensure one known field does not hide another that is as wrong beside it."""
    with pytest.raises(Difference, match='at name: expected None, got "nobody\'s"'):
        _ran(_seen(Misnaming), [START], TURNS)
    name = Expectation(finding="F-1", clauses=ANY, says="nobody's", path="name")
    assert _ran(_seen(Misnaming), [START], TURNS, name).expected.met == {TURNS: 1, name: 1}


def test_a_known_field_of_one_thread_is_not_that_of_another() -> None:
    """Ensure what is known of one place in a page leaves the same field of the next thread to be compared."""
    program = [START, RENAME, APPEND]
    again = [attrs.evolve(each, **({"thread_id": "@thread:1"} if each is not START else {})) for each in program]
    first = Expectation(finding="F-1", clauses=ANY, says="got None", path=r"items\[0\]\.name")
    assert _ran(product(Listless), program, first).expected.met == {first: 2}
    with pytest.raises(Difference, match=r"at items\[1\]\.name: expected 'named', got None"):
        _ran(product(Listless), [*program, *again], first)


def test_a_known_refusal_leaves_the_model_as_it_was() -> None:
    """Ensure what was refused has not happened: the program goes on with threads as they were before."""
    refused = Expectation(finding="F-1", clauses=("ROUTE-1",), says="no names here", path="error")
    lockstep = _ran(product(Refusing), [START, RENAME, APPEND, READ], refused)
    assert lockstep.expected.met == {refused: 1}
    assert not lockstep.over
    assert [thread.record.name for thread in lockstep.state.store.threads.values()] == [None]


def test_a_known_success_that_should_be_none_ends_the_program() -> None:
    """Ensure nothing is compared where nobody knows what is there, and what was deaf goes unnoticed."""
    archived = Expectation(finding="F-1", clauses=("ROUTE-2",), says="archive_thread breaks", path="")
    program = [START, ts.ArchiveThreadParams(thread_id=UNKNOWN), APPEND]
    with pytest.raises(Difference, match="append_items breaks"):
        run_program(product(Lenient), [START, APPEND], "manager")
    lockstep = _ran(product(Lenient), program, archived)
    assert lockstep.over
    assert lockstep.tally.cut == {"a known difference of archive_thread": 1}
    assert lockstep.tally.outcomes["append_items", "ok"] == 0


def test_a_known_deletion_of_nothing_leaves_nothing_open() -> None:
    """Ensure a program goes on past a deletion of what was not stored, which can have lost a session alone."""
    deleted = Expectation(finding="F-1", clauses=("ROUTE-2",), says="delete_thread breaks", path="")
    with pytest.raises(Difference, match="append_items breaks"):
        _ran(product(Lenient), [START, ts.DeleteThreadParams(thread_id=UNKNOWN), APPEND], deleted)


def test_a_program_that_is_run_again_knows_what_is_expected() -> None:
    """Ensure a program alone goes on past the same differences as a generated one."""
    program = [START, RENAME, RestartParams(), READ]
    run_program(NAMELESS, program, "manager", expected=Expected((LOST_NAME,)))
    with pytest.raises(Difference):
        run_program(NAMELESS, program, "manager", expected=Expected((TURNS,)))


# --- Generated programs ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def known_run() -> Run:
    """A run of generated programs over a product that fails in a known way, and in no other."""
    run = Run(expected=Expected((LOST_NAME, TURNS)))
    Generation(backend=NAMELESS, run=run, port="manager", examples=20, budget=40).check()
    return run


def test_generated_programs_go_on_past_what_is_known(known_run: Run) -> None:
    """Ensure a known failure ends neither a program nor the run."""
    assert known_run.programs_run == {"manager": 20}
    assert known_run.expected.met[LOST_NAME] > 1
    assert known_run.expected.stale == (TURNS,)


def test_a_known_failure_is_shown_by_its_smallest_program(known_run: Run) -> None:
    """Ensure each expectation that was met becomes one failure, small, of a finding, and is not counted again."""
    met = known_run.expected.met.copy()
    [result] = known_results(known_run, NAMELESS, "support.products:NAMELESS")
    assert (result.outcome, result.check) == ("failed", "generated programs: F-name")
    assert result.failure is not None
    assert result.failure.finding == "F-name"
    assert result.failure.clause in LOST_NAME.clauses
    assert len(result.failure.operations) <= 6
    assert known_run.expected.met == met


def test_what_a_smaller_program_shows_anew_is_a_failure() -> None:
    """Ensure nothing new is lost with the steps of a program that was to show what is known."""
    run = Run(expected=Expected((LOST_NAME,)))
    program = (START, RENAME, APPEND, RestartParams(), READ)
    with pytest.raises(Difference) as caught:
        run_program(NAMELESS, program, "manager")
    run.expected.meets(caught.value)
    # By the time that it is made smaller, the product is deaf too.
    known, new = known_results(run, DEAF, "support.products:DEAF")
    assert known.failure is not None
    assert (known.failure.finding, known.failure.path) == ("F-name", "name")
    assert new.failure is not None
    assert (new.failure.finding, new.failure.path) == ("", "items")
    assert (new.outcome, new.check) == ("failed", "generated programs: ROUTE-2")


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
