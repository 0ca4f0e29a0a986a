"""Products whose process is killed: what was shown before must be there after it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

import threadstore as ts
from support.managers import KILLABLE, PRODUCT, UNSAVED
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance import Difference, TargetError
from threadstore_conformance.bounds import missed
from threadstore_conformance.counted import counted
from threadstore_conformance.generation import Generation
from threadstore_conformance.lab import METADATA, user_message
from threadstore_conformance.process import RestartParams
from threadstore_conformance.program import as_python
from threadstore_conformance.results import Run
from threadstore_conformance.running import run_program

THREAD = "@thread:0"
NAMED = [
    ts.StartParams(metadata=METADATA),
    ts.AppendThreadItemsParams(thread_id=THREAD, items=[user_message("one")]),
    ts.FlushThreadParams(thread_id=THREAD),
    ts.UpdateThreadMetadataParams(thread_id=THREAD, patch=ts.ThreadMetadataPatch(name="a name")),
]
READ = ts.ReadThreadParams(thread_id=THREAD)


def _generated(backend: Any, examples: int = 30) -> Run:
    run = Run()
    Generation(backend=backend, run=run, port="manager", examples=examples).check()
    return run


def test_a_product_that_keeps_what_it_shows_may_be_killed() -> None:
    """Ensure programs kill it now and then, the certificate says so, and nothing else is demanded of the others."""
    run = _generated(KILLABLE)
    outcomes = run.tallies["manager"].outcomes
    assert outcomes["restart", "killed"] > 0 < outcomes["restart", "ok"]
    assert counted(run, KILLABLE, ["manager"])["product"].kills
    assert "no program drew 'restart: killed'" not in missed(run, KILLABLE, "manager")


@pytest.mark.parametrize("backend", [PRODUCT, MEMORY], ids=lambda backend: backend.name)
def test_no_other_is_killed(backend: Any) -> None:
    """Ensure what does not say that it can be killed is not, and none of it is demanded."""
    run = _generated(backend, 10)
    assert run.tallies["manager"].outcomes["restart", "killed"] == 0
    assert "no program drew 'restart: killed'" not in missed(run, backend, "manager")
    assert "no program drew 'restart: killed'" in missed(Run(), KILLABLE, "manager")


def test_programs_find_what_is_lost_when_a_product_is_killed() -> None:
    """Ensure a name that only memory holds is missed after a kill, and not after an end in order."""
    run_program(UNSAVED, [*NAMED, RestartParams(), READ], "manager")
    with pytest.raises(Difference, match="at name: expected 'a name', got None"):
        run_program(UNSAVED, [*NAMED, RestartParams(killed=True), READ], "manager")
    with pytest.raises(Difference, match="name: expected") as caught:
        _generated(UNSAVED)
    assert any(isinstance(each, RestartParams) and each.killed for each in caught.value.operations)


def test_what_cannot_be_killed_is_told() -> None:
    """Ensure a product that says it can be killed, and has no way to, is a target that cannot be judged."""
    with pytest.raises(TargetError, match="cannot be killed: a Closing has no `kill`"):
        run_program(attrs.evolve(PRODUCT, kills=True), [*NAMED, RestartParams(killed=True)], "manager")


def test_a_kill_is_written_as_python() -> None:
    """Ensure a program that kills its process does that as a script too."""
    told = as_python([*NAMED, RestartParams(killed=True), READ], "product", port="manager")
    assert "    manager = process.restart(ProcessSettings(), killed=True)" in told.splitlines()
    assert "killed" not in as_python([*NAMED, RestartParams(), READ], "product", port="manager")
