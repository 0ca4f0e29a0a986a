"""The one benchmark, run for every case of the plan."""

from __future__ import annotations

from typing import Any

import pytest

from threadstore_conformance.bench.plan import Case


# Collection of cycles would charge a run for whatever else the process holds.
@pytest.mark.benchmark(disable_gc=True)
def test_cost(case: Case, benchmark: Any) -> None:
    """Measure an operation, or the bare work beside it."""
    benchmark.group = f"{case.backend.name}: {case.work.name}"
    with case.prepared() as timed:
        benchmark.extra_info.update(case.info(timed))
        if timed.rounds is None:
            benchmark(timed.run)
        else:
            benchmark.pedantic(timed.run, setup=timed.setup, rounds=timed.rounds, warmup_rounds=1)
