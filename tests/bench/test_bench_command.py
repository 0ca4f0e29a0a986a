"""`threadstore bench`, as its user meets it, and the benchmarks as pytest collects them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.command import threadstore
from threadstore_conformance.bench import models, sessions, stores
from threadstore_conformance.nested import undisturbed

OPERATIONS = {work.name for work in (*models.WORKS, *stores.WORKS, *sessions.WORKS)}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A small round of the memory store: what it printed, and where it wrote."""
    out = tmp_path_factory.mktemp("bench") / "out"
    done = threadstore("bench", "memory", "memory", "--small", "--out", out)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, out


def test_every_operation_is_measured_beside_bare_work(small: tuple[str, Path]) -> None:
    """Ensure each operation has a figure at each of its sizes, and none twice though its store is named twice."""
    ratios = json.loads((small[1] / "ratios.json").read_text(encoding="utf-8"))
    figures = ratios["figures"]
    assert {figure["operation"] for figure in figures} == OPERATIONS
    places = [(figure["backend"], figure["operation"], figure["size"]) for figure in figures]
    assert len(set(places)) == len(places)
    assert all(figure["seconds"] > 0 and figure["bare_seconds"] > 0 for figure in figures)
    assert all(figure["ratio"] == pytest.approx(figure["bare_seconds"] / figure["seconds"]) for figure in figures)
    assert "bare work" in ratios["meaning"]


def test_the_times_are_kept_as_pytest_benchmark_writes_them(small: tuple[str, Path]) -> None:
    """Ensure bench.json has both sides of every figure."""
    figures = json.loads((small[1] / "ratios.json").read_text(encoding="utf-8"))["figures"]
    benchmarks = json.loads((small[1] / "bench.json").read_text(encoding="utf-8"))["benchmarks"]
    assert len(benchmarks) == 2 * len(figures)
    assert {record["extra_info"]["side"] for record in benchmarks} == {"subject", "bare"}


def test_the_report_says_what_each_ratio_is_relative_to(small: tuple[str, Path]) -> None:
    """Ensure the tables name every operation, its bare work, and the two files."""
    for work in (*models.WORKS, *stores.WORKS, *sessions.WORKS):
        assert f"{work.name}: {work.beside}" in small[0]
    for part in ("the memory store", "ratio", "growth", "among 1,000 threads", "bench.json", "ratios.json"):
        assert part in small[0]


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nobody", "no backend is registered as 'nobody'"),
        ("support.faulty:UNOPENABLE", "does not open: RuntimeError: the database is not there"),
        ("support.faulty:NOTHING", "cannot be measured"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(target: str, sentence: str, tmp_path: Path) -> None:
    """Ensure a store that is not there, or does not work, exits 3 with one clear sentence and no traceback."""
    done = threadstore("bench", target, "--small", "--out", tmp_path / "out")
    assert done.returncode == 3, done.stdout + done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_output_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    """Ensure a bad --out is told before anything runs."""
    (tmp_path / "out").write_text("in the way", encoding="utf-8")
    done = threadstore("bench", "memory", "--out", tmp_path / "out")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


def _collected(package: str) -> str:
    arguments = [
        "--pyargs",
        package,
        "--threadstore-backend",
        "memory",
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    with undisturbed():
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parent,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_benchmarks_run_only_when_they_are_named() -> None:
    """Ensure a run of the suite collects no benchmark, and a run of the benchmarks all of them."""
    assert "test_cost" not in _collected("threadstore_conformance")
    collected = _collected("threadstore_conformance.bench")
    assert "test_cost[memory-append-one-item-100000-subject]" in collected
    assert "local" not in collected
