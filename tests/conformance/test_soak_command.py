"""``threadstore soak``: what is said of a backend after many seeds, and of one that differs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import attrs
import pytest

from support.command import threadstore
from support.known import LOST_NAME, TURNS, expected_file
from threadstore_conformance.cli import soak as command


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


def test_known_failures_are_gone_past_and_counted(tmp_path: Path) -> None:
    """Ensure a product with a known flaw shows no difference, and without the list it does; a wrong list is told."""
    known = [json.loads(json.dumps(attrs.asdict(each))) for each in (LOST_NAME, TURNS)]
    options = ["--seeds", "2", "--examples", "20", "--jobs", "2", "--out", tmp_path / "out"]
    done = threadstore("soak", "support.products:NAMELESS", *options, "--expected", expected_file(tmp_path, *known))
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((tmp_path / "out" / "soak.json").read_text())
    assert summary["met"].keys() == {"F-name"}
    assert f"1 findings met: F-name {summary['met']['F-name']}×" in done.stdout
    assert "0 new differences in 2 seeds" in done.stdout
    assert "programs a minute" in done.stdout
    assert threadstore("soak", "support.products:NAMELESS", *options).returncode == 1
    (tmp_path / "expected.json").write_text("{}")
    done = threadstore("soak", "memory", *options, "--expected", tmp_path / "expected.json")
    assert done.returncode == 3
    assert "is no list of expected failures" in done.stderr


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("nowhere", "no backend is registered as 'nowhere'"),
        ("support.faulty:EXITING", "seed 1: no verdict: the process"),
        ("support.faulty:UNOPENABLE", "seed 1, store whole: backend 'unopenable' does not open: RuntimeError: the"),
        ("support.faulty:EXHAUSTED", "does not open: RuntimeError: too many connections"),
    ],
)
def test_a_seed_that_is_not_run_is_an_error(target: str, says: str, tmp_path: Path) -> None:
    """Ensure a wrong call, and a backend that ends the process or does not open, is no soak without a difference."""
    done = threadstore("soak", target, "--seeds", "1", "--examples", "1", "--out", tmp_path)
    assert done.returncode == 3
    assert says in done.stdout + done.stderr
    assert "No such file" not in done.stdout
    assert "Traceback" not in done.stderr


def test_a_summary_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a seed of which half a summary is there, or none, is told as one that was not run."""
    how = command._Seeds(target="memory", examples=1, out=tmp_path, timeout=5)
    for text, says in (("{", "seed 3: Expecting property name"), (None, "seed 3: its process ended with an error")):
        (tmp_path / "seed-3.json").unlink(missing_ok=True)

        def run_apart(arguments: Sequence[str], timeout: int, text: str | None = text) -> int:
            if text is not None:
                (tmp_path / "seed-3.json").write_text(text)
            return 3

        monkeypatch.setattr(command, "run_apart", run_apart)
        found = how.run(3)
        assert found.seeds == (3,)
        assert found.errors[0].startswith(says)


_HANGING = """
import threading
from pathlib import Path
from threadstore import Backend
from threadstore_backends.memory import BACKEND as MEMORY

def opened(home, *, clock):
    with open("homes", "a") as homes:
        homes.write(f"{home}\\n")
    threading.Event().wait()

BACKEND = Backend(name="hanging", open=opened, capabilities=MEMORY.capabilities)
"""


def test_a_seed_whose_time_is_up_leaves_no_home(tmp_path: Path) -> None:
    """Ensure the homes of a process that was ended are removed."""
    (tmp_path / "stands_still.py").write_text(_HANGING)
    options = ["--seeds", "1", "--examples", "1", "--timeout", "5", "--out", tmp_path / "out"]
    done = threadstore("soak", "stands_still:BACKEND", *options, cwd=tmp_path)
    assert done.returncode == 3
    assert "seed 1: no verdict: the run did not end in 5 s" in done.stdout
    homes = (tmp_path / "homes").read_text().splitlines()
    assert homes
    assert not any(Path(home).exists() for home in homes)


def test_what_an_earlier_run_left_is_removed(tmp_path: Path) -> None:
    """Ensure no trace of an earlier run is taken for this run's, and nobody else's file is touched."""
    left = [tmp_path / name for name in ("soak.json", "seed-1/APPEND-1.trace.json", "seed-9/READ-1.trace.json")]
    other = tmp_path / "seed-9" / "notes.txt"
    for path in (*left, other):
        path.parent.mkdir(exist_ok=True)
        path.write_text("old")
    done = threadstore("soak", "support.faulty:EXITING", "--seeds", "1", "--examples", "1", "--out", tmp_path)
    assert done.returncode == 3
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == [other, tmp_path / "soak.json"]
    assert (tmp_path / "soak.json").read_text() != "old"
    assert not (tmp_path / "seed-1").exists()
