"""`threadstore certify`, as its user meets it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from support.command import threadstore
from threadstore import ListThreadsParams
from threadstore.registration import Capabilities
from threadstore_conformance.generation import DEFAULT_EXAMPLES
from threadstore_conformance.program import Trace


def _certificate(out: Path) -> dict:
    return json.loads((out / "certificate.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict]:
    """A sound store, judged whole: what the command printed, and the certificate."""
    out = tmp_path_factory.mktemp("certified")
    done = threadstore("certify", "memory", "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, _certificate(out)


def test_a_good_store_is_certified(certified: tuple[str, dict]) -> None:
    """Ensure a sound store is certified at every level that has a clause."""
    printed, certificate = certified
    verdicts = {level["level"]: level["verdict"] for level in certificate["levels"]}
    assert verdicts == {"core": "certified", "query": "certified", "session": "certified"}
    assert certificate["verdict"] == "certified"
    assert certificate["programs"] >= certificate["examples"] == DEFAULT_EXAMPLES
    assert "memory 0.1.0: certified for core, query, session" in printed


@pytest.mark.parametrize(("backend", "seed"), [("local", 2)])
def test_fewer_programs_than_a_certificate_takes_certify_nothing(backend: str, seed: int, tmp_path: Path) -> None:
    """Ensure a short run of a sound store shows every clause held, and is inconclusive all the same."""
    done = threadstore("certify", backend, "--examples", "15", "--seed", str(seed), "--out", tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    certificate = _certificate(tmp_path)
    short = f"only 15 of the {DEFAULT_EXAMPLES} programs that a certificate takes"
    assert certificate["verdict"] == "inconclusive"
    assert certificate["reason"] == f"core, query, session: {short}"
    assert {(level["verdict"], level["reason"]) for level in certificate["levels"]} == {("inconclusive", short)}
    assert {clause["verdict"] for clause in certificate["clauses"]} <= {"passed", "skipped"}


def test_the_certificate_has_its_schema(certified: tuple[str, dict]) -> None:
    """Ensure a certificate is what its JSON Schema says."""
    schema = json.loads((files("threadstore_spec") / "schemas" / "certificate.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(certified[1])


def test_junit_counts_every_check(tmp_path: Path) -> None:
    """Ensure JUnit's file has a case for every check that ran."""
    threadstore("certify", "memory", "--examples", "2", "--level", "query", "--out", tmp_path)
    cases = ET.parse(tmp_path / "junit.xml").findall(".//testcase")
    assert len(cases) > 20
    assert not [case for case in cases if case.find("failure") is not None]


@pytest.mark.parametrize("name", ["NOTHING", "SILENT", "UNFINISHED"])
def test_a_store_that_implements_nothing_is_never_certified(name: str, tmp_path: Path) -> None:
    """Ensure an empty store fails, and does not pass by skipping."""
    done = threadstore("certify", f"support.faulty:{name}", "--level", "core", "--examples", "3", "--out", tmp_path)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    certificate = _certificate(tmp_path)
    assert certificate["verdict"] == "failed"
    assert {level["verdict"] for level in certificate["levels"]} == {"failed"}


def test_a_broken_store_fails_with_the_clause_named(tmp_path: Path) -> None:
    """Ensure a lost item is told as clause, words, program, and expected against actual, and can be replayed."""
    done = threadstore("certify", "support.faulty:FORGETFUL", "--level", "core", "--examples", "10", "--out", tmp_path)
    assert done.returncode == 1
    failed = {clause["id"] for clause in _certificate(tmp_path)["clauses"] if clause["verdict"] == "failed"}
    assert "APPEND-1" in failed
    assert "APPEND-3" not in failed
    program = "with fresh_store('support.faulty:FORGETFUL') as store:"
    for part in ("APPEND-1 — ", program, "expected", "actual", "threadstore replay"):
        assert part in done.stdout
    replayed = threadstore("replay", tmp_path / "APPEND-1.trace.json", "support.faulty:FORGETFUL")
    assert replayed.returncode == 1, replayed.stdout + replayed.stderr
    assert "APPEND-1" in replayed.stdout
    sound = threadstore("replay", tmp_path / "APPEND-1.trace.json", "memory")
    assert sound.returncode == 0, sound.stdout + sound.stderr


def test_a_store_that_answers_differently_each_time_fails(tmp_path: Path) -> None:
    """Ensure a store whose answers cannot be repeated is the store's failure, not the harness's."""
    done = threadstore("certify", "support.faulty:FLIGHTY", "--level", "core", "--examples", "20", "--out", tmp_path)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nobody", "no backend is registered as 'nobody'"),
        ("no_such_module:BACKEND", "does not load: ModuleNotFoundError"),
        ("support.faulty:ABSENT", "does not load: AttributeError"),
        ("support.faulty:NO_BACKEND", "is a str, not a threadstore.Backend"),
        ("support.faulty:UNOPENABLE", "does not open: RuntimeError: the database is not there"),
        ("support.faulty:NONE", "opens None in place of a store: it has no create_thread, resume_thread, append_items"),
        ("support.managers:NONE", "opens a NoneType in place of a session layer: it has no start_thread, resume_thre"),
        ("support.managers:PARTIAL", "opens a Partial in place of a session layer: it has no fork_thread"),
        ("support.managers:NO_LAYER", "opens a NoneType in place of a session layer: it has no start_thread, resume_"),
    ],
)
def test_a_target_that_cannot_be_judged_is_one_sentence(target: str, sentence: str, tmp_path: Path) -> None:
    """Ensure a bad target exits 3 with one clear sentence and no traceback."""
    done = threadstore("certify", target, "--out", tmp_path / "out")
    assert done.returncode == 3
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("narrowing", [["--clause", "APPEND-1"], ["--focus", "append"]])
def test_a_narrowed_run_certifies_nothing(narrowing: list[str], tmp_path: Path) -> None:
    """Ensure a run of some clauses or rules is inconclusive however well it goes."""
    done = threadstore("certify", "memory", *narrowing, "--examples", "5", "--out", tmp_path)
    assert done.returncode == 2, done.stdout
    assert _certificate(tmp_path)["verdict"] == "inconclusive"
    assert "narrowed" in done.stdout


def test_a_narrowed_run_still_fails_a_broken_store(tmp_path: Path) -> None:
    """Ensure narrowing does not hide a failure."""
    done = threadstore("certify", "support.faulty:FORGETFUL", "--clause", "APPEND-1", "--out", tmp_path)
    assert done.returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--clause", "APPEND-99"], ["--level", "perfect"], ["--focus", "nothing"], ["--examples", "0"], ["--seed", "x"],
        ["--focus", "append", "--clause", "APPEND-1"], ["--focus", "append", "--level", "session"],
    ],
)  # fmt: skip
def test_a_wrong_option_is_a_usage_error(arguments: list[str], tmp_path: Path) -> None:
    """Ensure wrong options exit 3, say what is wrong, and leave an old certificate alone."""
    (tmp_path / "certificate.json").write_text("{}")
    done = threadstore("certify", "memory", *arguments, "--out", tmp_path)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
    assert (tmp_path / "certificate.json").exists()


def test_one_level_alone_can_be_judged(tmp_path: Path) -> None:
    """Ensure a certificate of one level speaks of that level alone."""
    done = threadstore("certify", "memory", "--level", "query", "--examples", "5", "--out", tmp_path)
    assert done.returncode == 2, done.stdout
    certificate = _certificate(tmp_path)
    assert [(level["level"], level["failed"], level["untested"]) for level in certificate["levels"]] == [
        ("query", 0, 0)
    ]
    assert {clause["level"] for clause in certificate["clauses"]} == {"query"}


def test_a_level_that_has_no_clause_yet_is_not_certified(tmp_path: Path) -> None:
    """Ensure each level asked for gets a verdict, and one that the spec does not state is inconclusive."""
    done = threadstore("certify", "memory", "--level", "durable", "--level", "query", "--out", tmp_path)
    assert done.returncode == 2, done.stdout
    assert "inconclusive: durable: this version states no clause of it" in done.stdout
    verdicts = {level["level"]: level["verdict"] for level in _certificate(tmp_path)["levels"]}
    assert verdicts == {"query": "certified", "durable": "inconclusive"}


def test_an_output_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """Ensure a bad --out is a usage error, before anything runs."""
    (tmp_path / "out").write_text("in the way")
    done = threadstore("certify", "memory", "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def test_a_store_that_ends_the_process_gets_no_verdict(tmp_path: Path) -> None:
    """Ensure a process that vanishes is told, exits 3, and leaves no certificate, an old one neither."""
    (tmp_path / "certificate.json").write_text('{"verdict": "certified"}')
    done = threadstore("certify", "support.faulty:EXITING", "--level", "query", "--examples", "2", "--out", tmp_path)
    assert done.returncode == 3
    assert "no verdict" in done.stderr
    assert not (tmp_path / "certificate.json").exists()


def test_a_store_that_hangs_gets_no_verdict(tmp_path: Path) -> None:
    """Ensure a call that never returns is given up after the time allowed."""
    arguments = ("--examples", "2", "--timeout", "5", "--out", tmp_path)
    done = threadstore("certify", "support.faulty:HANGING", "--level", "query", *arguments)
    assert done.returncode == 3
    assert "did not end in 5 s; a call hangs" in done.stderr


def test_a_store_that_calls_exit_fails(tmp_path: Path) -> None:
    """Ensure SystemExit out of a method is the store's failure."""
    done = threadstore("certify", "support.faulty:LEAVING", "--level", "core", "--examples", "2", "--out", tmp_path)
    assert done.returncode == 1, done.stdout[-2000:] + done.stderr[-2000:]


def test_options_for_other_pytest_runs_do_not_narrow_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure PYTEST_ADDOPTS cannot leave checks out of a certificate."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing_at_all")
    done = threadstore("certify", "support.faulty:FORGETFUL", "--level", "core", "--examples", "2", "--out", tmp_path)
    assert done.returncode == 1


def test_a_failure_of_another_level_still_fails(tmp_path: Path) -> None:
    """Ensure a generated run that shows a core clause broken certifies no query level."""
    done = threadstore("certify", "support.faulty:FORGETFUL", "--level", "query", "--examples", "20", "--out", tmp_path)
    assert done.returncode == 1
    assert _certificate(tmp_path)["verdict"] == "failed"


@pytest.mark.parametrize(
    ("target", "arguments", "clause"),
    [
        ("support.faulty:EXHAUSTED", ["--clause", "APPEND-1"], "READ-3"),
        ("support.faulty:EXHAUSTED", ["--focus", "append", "--examples", "50"], "READ-3"),
        ("support.managers:EXHAUSTED", ["--clause", "ORIG-1"], "ROUTE-2"),
    ],
)
def test_a_backend_that_opens_only_at_first_fails(
    target: str, arguments: list[str], clause: str, tmp_path: Path
) -> None:
    """Ensure an open that fails after others worked is the backend's failure, not the harness's."""
    done = threadstore("certify", target, *arguments, "--out", tmp_path)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    certificate = _certificate(tmp_path)
    assert (certificate["verdict"], certificate["reason"]) == ("failed", clause)
    failed = {report["id"]: report["reason"] for report in certificate["clauses"] if report["verdict"] == "failed"}
    assert list(failed) == [clause]
    assert failed[clause].endswith("does not open: RuntimeError: too many connections")


@pytest.mark.parametrize(
    ("name", "sentence"), [("EXITING", "ended with status 0 before it was done"), ("HANGING", "did not end in 5 s")]
)
def test_a_replay_that_does_not_end_by_itself_gets_no_verdict(name: str, sentence: str, tmp_path: Path) -> None:
    """Ensure a store that ends the process or hangs takes no replay with it."""
    trace = tmp_path / "a.trace.json"
    Trace((ListThreadsParams(),), Capabilities()).save(trace)
    done = threadstore("replay", trace, f"support.faulty:{name}", "--timeout", "5")
    assert done.returncode == 3, done.stdout + done.stderr
    assert "no verdict" in done.stderr
    assert sentence in done.stderr
