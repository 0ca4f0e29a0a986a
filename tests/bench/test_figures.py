"""Figures: what is made of the times that pytest-benchmark took."""

from __future__ import annotations

from typing import Any

import pytest

from threadstore_conformance.bench.figures import figures


def _record(
    side: str, times: tuple[float, float], *, size: int = 1, operations: int = 1, per_size: bool = False
) -> Any:
    info = {
        "backend": "memory", "operation": "append", "size": size, "size_words": f"{size} items", "side": side,
        "per_size": per_size, "beside": "a loop", "operations": operations,
    }  # fmt: skip
    return {"extra_info": info, "stats": {"min": times[0], "median": times[1]}}


def test_a_ratio_is_the_rate_by_the_bare_rate() -> None:
    """Ensure an operation that takes four times as long has a ratio of a quarter, whatever a run repeats."""
    subject = _record("subject", (8.0, 20.0), operations=2)
    bare = _record("bare", (10.0, 40.0), operations=10)
    (figure,) = figures([subject, bare])
    assert (figure.seconds, figure.bare_seconds, figure.ratio) == (4.0, 1.0, 0.25)
    assert (figure.median_seconds, figure.bare_median_seconds, figure.median_ratio) == (10.0, 4.0, 0.4)


@pytest.mark.parametrize(("per_size", "growth"), [(False, 30.0), (True, 3.0)])
def test_growth_is_told_from_the_smallest_size(per_size: bool, growth: float) -> None:
    """Ensure growth compares whole costs, or those of each item where a run handles as many as its size."""
    records = [
        _record(side, (times, times), size=size, per_size=per_size)
        for size, times in ((10, 1.0), (100, 30.0))
        for side in ("subject", "bare")
    ]
    small, large = figures(records)
    assert (small.growth, small.grown_from) == (None, None)
    assert large.growth == pytest.approx(growth)
    assert large.grown_from == 10


def test_what_was_measured_on_one_side_alone_has_no_figure() -> None:
    """Ensure no ratio is made up where the bare work, or the subject, is missing."""
    assert figures([_record("subject", (1.0, 1.0)), _record("bare", (1.0, 1.0), size=2)]) == []
