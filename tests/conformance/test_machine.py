"""Generated programs: what they reach, what they find, and how small it is shown."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

import threadstore as ts
from threadstore.store import METHODS
from threadstore_backends.memory import BACKEND, MemoryStore
from threadstore_conformance import Difference
from threadstore_conformance.generation import Generation
from threadstore_conformance.results import Run
from threadstore_conformance.rules import FOCUS, RULES, rules_of


def _generation(store: type[MemoryStore] = MemoryStore, **more: Any) -> Generation:
    backend = attrs.evolve(BACKEND, open=lambda home, *, clock: store(clock=clock))
    return Generation(backend=backend, run=Run(), **{"examples": 60, **more})


def test_every_operation_is_reached_and_refused() -> None:
    """Ensure generated programs perform every operation, and meet every refusal that a store of memory has."""
    generation = _generation()
    generation.check()
    reached = {method for method, _ in generation.run.tallies["store"].ended}
    assert reached == set(METHODS.values())
    outcomes = {outcome for _, outcome in generation.run.tallies["store"].ended}
    assert outcomes == {"ok", "thread_not_found", "invalid_request", "conflict", "unsupported"}
    assert generation.run.programs_run == generation.run.programs_asked == {"store": 60}


def test_a_seed_gives_the_same_programs() -> None:
    """Ensure a run can be repeated, and another seed runs others."""
    counts = []
    for seed in (1, 1, 2):
        generation = _generation(seed=seed, examples=15)
        generation.check()
        counts.append(generation.run.tallies["store"].outcomes)
    assert counts[0] == counts[1]
    assert counts[0] != counts[2]


@pytest.mark.parametrize("focus", sorted(FOCUS))
def test_a_focus_runs_its_rules_alone(focus: str) -> None:
    """Ensure a focus is a subset of the rules that still makes and fills threads."""
    assert {"create", "append"} < rules_of(focus) < set(RULES)
    generation = _generation(examples=25)
    generation.check(focus)
    assert generation.run.operations > 50


class _LosesTies(MemoryStore):
    def list_threads(self, params: Any, /) -> ts.ThreadPage:
        page = super().list_threads(params)
        if params.cursor is None or not page.items:
            return page
        return attrs.evolve(page, items=page.items[1:])


class _RecencyMovesBack(MemoryStore):
    def update_thread_metadata(self, params: Any, /) -> ts.StoredThread:
        thread = super().update_thread_metadata(params)
        instant = params.patch.advance_recency_at
        return thread if instant is ts.UNSET else attrs.evolve(thread, recency_at=instant)


class _ForgetsItsName(MemoryStore):
    def archive_thread(self, params: Any, /) -> None:
        super().archive_thread(params)
        patch = ts.ThreadMetadataPatch(name=None)
        forget = ts.UpdateThreadMetadataParams(thread_id=params.thread_id, patch=patch, include_archived=True)
        super().update_thread_metadata(forget)


@pytest.mark.parametrize(
    ("store", "clause", "most"),
    [(_LosesTies, "LIST-3", 7), (_RecencyMovesBack, "PATCH-4", 4), (_ForgetsItsName, "ARCH-1", 5)],
)
def test_a_broken_store_is_found_and_shown_small(store: type[MemoryStore], clause: str, most: int) -> None:
    """Ensure a bug in a corner is found by default, and shrunk to a few operations."""
    with pytest.raises(Difference) as caught:
        _generation(store, examples=300).check()
    assert caught.value.clause == clause
    assert len(caught.value.operations) <= most


class _RefusesFourTimes(MemoryStore):
    reads = 0

    def flush_thread(self, params: Any, /) -> None:
        type(self).reads += 1
        if type(self).reads == 5:
            raise ts.Internal("once only")
        super().flush_thread(params)


def test_a_failure_that_does_not_come_again_is_still_a_failure() -> None:
    """Ensure a store that fails once and never again is told as not repeatable, or as what it did."""
    with pytest.raises(Difference) as caught:
        _generation(_RefusesFourTimes, examples=100).check()
    assert caught.value.clause in ("READ-1", "LIFE-6", "LIFE-7")
