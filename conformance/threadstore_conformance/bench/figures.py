"""Figures: each operation's time, its rate against the bare rate, and how its cost grows with size.

Of all timed runs the least counts, since whatever else a machine does only ever adds to a time; medians are kept
beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

#: pytest-benchmark's record of one benchmark.
Record: TypeAlias = Mapping[str, Any]


@frozen(kw_only=True)
class Figure:
    """What one operation costs at one size."""

    backend: str
    operation: str
    size: int
    #: The size in words; empty where there is only one.
    size_words: str
    #: Seconds that one operation takes: the least of all timed runs, and their median.
    seconds: float
    median_seconds: float
    #: The same of the bare work beside it.
    bare_seconds: float
    bare_median_seconds: float
    #: What the bare work is.
    beside: str
    #: Whether the growth is that of the cost of each thing that the size counts.
    per_size: bool
    #: The cost at this size by that at the smallest, and the smallest; nothing at the smallest itself.
    growth: float | None = None
    grown_from: int | None = None
    #: The rate by the bare rate: 1 is as fast, 0.5 half as fast. By the least times, and by medians.
    ratio: float = field(init=False)
    median_ratio: float = field(init=False)

    @ratio.default
    def _ratio(self) -> float:
        return self.bare_seconds / self.seconds

    @median_ratio.default
    def _median_ratio(self) -> float:
        return self.bare_median_seconds / self.median_seconds


def figures(records: Iterable[Record]) -> list[Figure]:
    """Return the figures of all operations that were measured on both sides, in the order of the records."""
    sides: dict[tuple[str, str, int], dict[str, Record]] = {}
    for record in records:
        info = record["extra_info"]
        sides.setdefault((info["backend"], info["operation"], info["size"]), {})[info["side"]] = record
    smallest: dict[tuple[str, str], Record] = {}
    found = []
    for (backend, operation, _), pair in sides.items():
        if len(pair) == 2:
            first = smallest.setdefault((backend, operation), pair["subject"])
            found.append(_figure(pair["subject"], pair["bare"], first))
    return found


def _figure(subject: Record, bare: Record, smallest: Record) -> Figure:
    info = subject["extra_info"]
    grown: dict[str, Any] = {}
    if subject is not smallest:
        grown = {"growth": _cost(subject) / _cost(smallest), "grown_from": smallest["extra_info"]["size"]}
    return Figure(
        **{name: info[name] for name in ("backend", "operation", "size", "size_words", "beside", "per_size")},
        seconds=_seconds(subject),
        median_seconds=_seconds(subject, "median"),
        bare_seconds=_seconds(bare),
        bare_median_seconds=_seconds(bare, "median"),
        **grown,
    )


def _seconds(record: Record, statistic: str = "min") -> float:
    seconds: float = record["stats"][statistic] / record["extra_info"]["operations"]
    return seconds


def _cost(record: Record) -> float:
    info = record["extra_info"]
    return _seconds(record) / (info["size"] if info["per_size"] else 1)
