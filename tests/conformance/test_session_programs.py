"""Generated programs of session layers: run, shrunk, told, replayed; and certificates of what shows no store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.command import threadstore
from support.managers import MISLABELLING, PRODUCT
from threadstore import (
    AppendThreadItemsParams,
    ForkParams,
    ResumeParams,
    ShutdownThreadParams,
    StartParams,
    ThreadMetadataPatch,
    UpdateThreadMetadataParams,
)
from threadstore_backends.local import BACKEND as LOCAL
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance import Difference, TargetError, find_backend
from threadstore_conformance.directed import all_checks, failures
from threadstore_conformance.generation import FOCUS, Generation
from threadstore_conformance.lab import METADATA, user_message
from threadstore_conformance.process import RestartParams
from threadstore_conformance.results import Run
from threadstore_conformance.running import run_program
from threadstore_conformance.session_items import turn_complete, turn_started
from threadstore_conformance.shrink import smallest
from threadstore_conformance.spec_text import load_clauses, not_held


def _generation(backend: Any) -> Generation:
    return Generation(backend=backend, run=Run(), port="manager", examples=40)


@pytest.mark.parametrize("backend", [MEMORY, PRODUCT], ids=lambda backend: backend.name)
def test_a_sound_session_layer_conforms(backend: Any) -> None:
    """Ensure the reference's session layer answers as the model, with a store to be seen and without."""
    generation = _generation(backend)
    generation.check()
    assert generation.run.programs_run == generation.run.programs_asked == {"manager": 40}


@pytest.mark.parametrize("told", [True, 1.0, "1", None])
def test_a_turn_is_ended_by_its_own_id_alone(told: Any) -> None:
    """Ensure the model tells ids of turns apart as JSON does: true is not 1, and 1.0 is."""
    thread = "@thread:0"
    items = [turn_started(1), user_message("said"), turn_complete(told)]  # type: ignore[arg-type]
    program = [
        StartParams(),
        AppendThreadItemsParams(thread_id=thread, items=items),
        ForkParams(thread_id=thread, cut="before_user_message", nth=1),
    ]
    run_program(MEMORY, program, "manager")


def test_what_is_known_of_recency_after_a_loss_is_advanced_like_any_other() -> None:
    """Ensure a cold patch moves recency when nobody knows whether a lost append had moved it already."""
    thread = "@thread:0"
    advance = ThreadMetadataPatch(advance_recency_at=1_790_000_000_000)
    program = [
        StartParams(metadata=METADATA),
        AppendThreadItemsParams(thread_id=thread, items=[turn_started("1")]),
        RestartParams(),
        UpdateThreadMetadataParams(thread_id=thread, patch=advance),
    ]
    run_program(LOCAL, program, "manager")


def test_a_broken_session_layer_is_found_and_shown_small() -> None:
    """Ensure what a resume gets wrong is named, shrunk to the threads that matter, and shown again by its program."""
    with pytest.raises(Difference) as caught:
        _generation(MISLABELLING).check()
    difference = caught.value
    assert difference.clause == "ORIG-2b"
    assert difference.port == "manager"
    assert len(difference.operations) <= 5
    assert str(difference).startswith("resume_thread breaks ORIG-2b at originator: ")
    with pytest.raises(Difference, match="ORIG-2b"):
        run_program(MISLABELLING, difference.operations, "manager")
    run_program(MEMORY, difference.operations, "manager")


def test_a_broken_session_layer_is_told_and_can_be_replayed(tmp_path: Path) -> None:
    """Ensure the report has the clause and Python of the port, and that the trace shows it again."""
    target = "support.managers:MISLABELLING"
    done = threadstore("certify", target, "--level", "session", "--examples", "20", "--out", tmp_path)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-3000:]
    for part in (
        "ORIG-2b — ",
        "as manager:" if "fresh_manager" in done.stdout else "as process:",
        "threadstore replay",
    ):
        assert part in done.stdout
    trace = tmp_path / "ORIG-2b.trace.json"
    assert json.loads(trace.read_text())["port"] == "manager"
    replayed = threadstore("replay", trace, target)
    assert (replayed.returncode, "ORIG-2b" in replayed.stdout) == (1, True), replayed.stdout + replayed.stderr
    sound = threadstore("replay", trace, "memory")
    assert sound.returncode == 0, sound.stdout + sound.stderr


def test_what_shows_no_store_is_judged_at_its_own_port(tmp_path: Path) -> None:
    """Ensure clauses about stores are counted apart, give no verdict, and are not held against a session layer."""
    done = threadstore("certify", "support.managers:PRODUCT", "--examples", "5", "--out", tmp_path)
    assert done.returncode in (0, 2), done.stdout[-3000:] + done.stderr[-3000:]
    certificate = json.loads((tmp_path / "certificate.json").read_text())
    assert certificate["port"] == "manager"
    assert certificate["session"]["interposed"] is False
    levels = {level["level"]: level for level in certificate["levels"]}
    assert [levels[name]["verdict"] for name in ("core", "query")] == [None, None]
    assert levels["core"]["not_applicable"] == len([c for c in load_clauses().values() if c.level == "core"])
    assert levels["core"]["programs"] == 0
    assert levels["session"]["programs"] >= 5
    verdicts = {clause["id"]: clause for clause in certificate["clauses"]}
    assert verdicts["APPEND-1"]["verdict"] == "not applicable"
    assert (verdicts["ORIG-3f"]["verdict"], verdicts["ORIG-3f"]["reason"]) == (
        "skipped",
        "not observed: needs memory_telemetry",
    )
    assert (verdicts["GUARD-1"]["verdict"], verdicts["GUARD-1"]["reason"]) == ("skipped", "needs interposed")


def test_a_level_that_is_not_about_a_session_layer_certifies_nothing(tmp_path: Path) -> None:
    """Ensure what shows no store gets no certificate for core."""
    arguments = ("--level", "core", "--examples", "2", "--out", tmp_path)
    done = threadstore("certify", "support.managers:PRODUCT", *arguments)
    assert done.returncode == 2, done.stdout
    assert "nothing of core is about a session layer that shows no store" in done.stdout


def test_programs_of_a_store_do_not_vouch_for_its_session_layer(tmp_path: Path) -> None:
    """Ensure each level counts the generated programs of its own port."""
    threadstore("certify", "memory", "--level", "core", "--examples", "2", "--out", tmp_path)
    assert {c["operation"] for c in json.loads((tmp_path / "certificate.json").read_text())["counts"]} & {
        "create_thread"
    }
    threadstore("certify", "memory", "--level", "session", "--examples", "2", "--out", tmp_path)
    certificate = json.loads((tmp_path / "certificate.json").read_text())
    operations = {count["operation"] for count in certificate["counts"]}
    assert "fork_thread" in operations
    assert "create_thread" not in operations
    assert [level["level"] for level in certificate["levels"]] == ["session"]
    assert certificate["programs"] == certificate["levels"][0]["programs"] >= 2


@pytest.mark.parametrize("focus", sorted(FOCUS["manager"]))
def test_a_focus_of_the_session_layer_can_be_asked_for(focus: str, tmp_path: Path) -> None:
    """Ensure the names of both ports' rule subsets are known to the command."""
    done = threadstore("certify", "memory", "--focus", focus, "--examples", "5", "--out", tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "narrowed" in done.stdout


def test_a_focus_of_a_port_that_is_not_shown_is_refused(tmp_path: Path) -> None:
    """Ensure rules of a store's programs are a usage error for a session layer alone."""
    done = threadstore("certify", "support.managers:PRODUCT", "--focus", "append", "--out", tmp_path)
    assert done.returncode == 3
    assert "--focus append is about a store, and backend 'product' shows none" in done.stderr


def test_commands_that_need_a_store_say_so(tmp_path: Path) -> None:
    """Ensure bench and replay tell in one sentence that a session layer shows no store."""
    done = threadstore("bench", "support.managers:PRODUCT", "--out", tmp_path)
    assert done.returncode == 3
    assert "backend 'product' is a session layer that shows no store, and a store is needed here" in done.stderr
    with pytest.raises(TargetError, match="program of a store, and 'product' shows none"):
        run_program(PRODUCT, ())


def test_a_manager_that_does_not_open_is_one_sentence(tmp_path: Path) -> None:
    """Ensure it exits 3 as a store that does not open does."""
    done = threadstore("certify", "support.managers:UNOPENABLE", "--out", tmp_path)
    assert done.returncode == 3
    assert "does not open: RuntimeError: the server is not there" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_checks_of_a_store_are_left_out_where_none_is_shown() -> None:
    """Ensure directed checks of the other port are skipped with a reason, and raise nothing."""
    checks = [check for check in all_checks() if check.port == "store"]
    assert all((check.skipped(PRODUCT) or "").startswith("not applicable") for check in checks)
    assert failures(PRODUCT, checks[:3]) == {}
    assert (not_held(load_clauses()["APPEND-1"], PRODUCT) or "").startswith("not applicable")
    assert not_held(load_clauses()["ORIG-1"], PRODUCT) is None
    with pytest.raises(TypeError, match="shows none"):
        checks[0].run(PRODUCT)


def test_a_program_keeps_its_sense_when_making_operations_are_dropped() -> None:
    """Ensure the threads of a shrunken program are numbered anew."""
    program = (
        StartParams(), StartParams(), RestartParams(), StartParams(service_name="CODEX_WORK_LOCAL"),
        *_resumption("@thread:2"),
    )  # fmt: skip
    with pytest.raises(Difference) as caught:
        run_program(MISLABELLING, program, "manager")
    found = smallest(caught.value, MISLABELLING)
    assert found is not None
    first, *later = found.operations
    assert isinstance(first, StartParams)
    assert {getattr(operation, "thread_id", None) for operation in later} == {"@thread:0"}


def _resumption(thread: str) -> tuple[Any, ...]:
    return ShutdownThreadParams(thread_id=thread), ResumeParams(thread_id=thread)


def test_a_target_may_be_a_session_layer() -> None:
    """Ensure such a backend is found by its name in a module."""
    assert find_backend("support.managers:PRODUCT") is PRODUCT
