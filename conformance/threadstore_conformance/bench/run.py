"""Running the benchmarks under pytest, and keeping what they measured."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
from attrs import frozen

from threadstore import ManualClock

from ..discovery import find_store
from ..homes import fresh_store
from ..nested import undisturbed
from .figures import Figure, figures
from .plan import PLAN, Plan
from .work import FULL, Scale

#: Called before the first benchmark with their number, and before each with its name.
Progress = Callable[[int, str], None]

#: What the two files are called in the folder of a run.
MEASURED = "bench.json"
RATIOS = "ratios.json"

#: What every ratio means, as the report and the file of ratios say it.
MEANING = (
    "times are the least of all timed runs; ratio is operations a second by those of the bare work beside it in the"
    " same run; growth is the cost by that at the operation's first size (each: of one item)"
)


class BenchError(Exception):
    """Something could not be measured: an operation failed, or pytest itself did."""


@frozen
class Benches:
    """What a run measured."""

    figures: tuple[Figure, ...]
    out: Path

    def to_json(self) -> dict[str, Any]:
        """Return the figures as the file of ratios holds them."""
        return {"meaning": MEANING, "figures": [attrs.asdict(figure) for figure in self.figures]}


def run(targets: Sequence[str], out: Path, *, scale: Scale = FULL, progress: Progress | None = None) -> Benches:
    """Measure backends into a folder; raise `TargetError` or `BenchError` when that cannot be done."""
    backends = [find_store(target) for target in dict.fromkeys(targets)]
    for backend in backends:
        with fresh_store(backend, ManualClock()):
            pass  # a store that does not open is no store: say so before anything else
    out.mkdir(parents=True, exist_ok=True)
    measured = out / MEASURED
    measured.unlink(missing_ok=True)
    _run_pytest(Plan(backends, scale), measured, progress)
    records = json.loads(measured.read_text(encoding="utf-8"))["benchmarks"]
    benches = Benches(tuple(figures(records)), out)
    (out / RATIOS).write_text(json.dumps(benches.to_json(), indent=2) + "\n", encoding="utf-8")
    return benches


class _Watch:
    """Hands the plan to the run, passes its course on, and keeps what failed."""

    def __init__(self, plan: Plan, progress: Progress | None) -> None:
        self.failures: list[str] = []
        self._plan = plan
        self._progress = progress

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[PLAN] = self._plan

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if self._progress:
            self._progress(len(session.items), "")

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        if self._progress:
            self._progress(0, _case(nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            self.failures.append(f"{_case(report.nodeid)} cannot be measured: {_first_line(crash and crash.message)}")


def _run_pytest(plan: Plan, measured: Path, progress: Progress | None) -> None:
    watch, said = _Watch(plan, progress), io.StringIO()
    with undisturbed(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = pytest.main(_arguments(plan, measured), plugins=[watch])
    if watch.failures:
        raise BenchError(watch.failures[0])
    if status is not pytest.ExitCode.OK:
        raise BenchError(f"pytest ended with status {int(status)}: {_first_line(said.getvalue()[-300:])}")


def _arguments(plan: Plan, measured: Path) -> list[str]:
    here = Path(__file__).parent
    options: list[Any] = [
        here, "--rootdir", here, "-c", os.devnull, "--import-mode=importlib", "-q", "-p", "no:cacheprovider",
        "-p", "threadstore", "--strict-markers", "--exitfirst", f"--benchmark-json={measured}", "--benchmark-quiet",
        "--benchmark-max-time", plan.scale.seconds, "--benchmark-warmup", "off",
    ]  # fmt: skip
    return [str(option) for option in options]


def _case(nodeid: str) -> str:
    return nodeid.partition("[")[2].removesuffix("]")


def _first_line(text: object) -> str:
    lines = [line.strip() for line in str(text or "").splitlines() if line.strip()]
    return lines[0][:300] if lines else "it said nothing"
