"""``threadstore soak``: what is said of a backend after many seeds, and of one that differs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.command import threadstore


def test_a_good_store_shows_nothing(tmp_path: Path) -> None:
    """Ensure every seed is run at both ports, and counted, and no file but the summary is left."""
    done = threadstore("soak", "memory", "--seeds", "2", "--first", "7", "--examples", "1", "--out", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((tmp_path / "soak.json").read_text())
    assert (summary["format"], summary["seeds"], summary["examples"]) == ("threadstore-soak/1", [7, 8], 1)
    # One program of the whole machine and one of each focus: eight of the store, five of the session layer.
    assert summary["programs"] == 2 * (1 + 8 + 1 + 5)
    assert summary["operations"] > summary["programs"]
    assert summary["differences"] == summary["errors"] == []
    assert [path.name for path in tmp_path.iterdir()] == ["soak.json"]
    assert "memory: 0 differences in 2 seeds" in done.stdout


def test_a_difference_is_told_and_can_be_replayed(tmp_path: Path) -> None:
    """Ensure a store that differs exits 1, with the shrunken program shown, and saved as a trace that replays."""
    target = "support.faulty:FORGETFUL"
    done = threadstore("soak", target, "--seeds", "1", "--examples", "5", "--out", tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    found = json.loads((tmp_path / "soak.json").read_text())["differences"]
    shown = next(each for each in found if each["clause"] == "APPEND-1")
    assert (shown["seed"], shown["programs"].split()[0]) == (1, "store")
    assert 0 < shown["operations"] < 7
    assert f"seed 1, {shown['programs']}: APPEND-1" in done.stdout
    assert "store.append_items(" in done.stdout
    assert threadstore("replay", shown["trace"], target).returncode == 1


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("nowhere", "no backend is registered as 'nowhere'"),
        ("support.faulty:EXITING", "seed 1: no verdict: the process"),
    ],
)
def test_a_seed_that_is_not_run_is_an_error(target: str, says: str, tmp_path: Path) -> None:
    """Ensure neither a wrong call nor a backend that ends the process is taken for a soak without a difference."""
    done = threadstore("soak", target, "--seeds", "1", "--examples", "1", "--out", tmp_path)
    assert done.returncode == 3
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
