"""The commands that read: spec, backends, replay; and the group they hang in."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.command import threadstore
from threadstore_conformance.spec_text import load_clauses


def test_spec_lists_every_clause() -> None:
    """Ensure the list has each clause with its strength and level."""
    listed = threadstore("spec")
    assert listed.returncode == 0
    shown = {line.split()[0]: line for line in listed.stdout.splitlines()[1:] if line.strip()}
    for clause in load_clauses().values():
        assert clause.strength in shown[clause.id]
        assert clause.level in shown[clause.id]


def test_spec_prints_a_clause_with_its_checks() -> None:
    """Ensure one clause is shown whole, whatever the case it is asked in."""
    shown = threadstore("spec", "append-3")
    assert shown.returncode == 0
    for part in ("APPEND-3 — ", "MUST · core · store", "Why.", "Source.", "Checks", "test_append_apart."):
        assert part in shown.stdout


def test_an_unknown_clause_is_a_usage_error() -> None:
    """Ensure a wrong clause id exits 3 and says where the ids are."""
    shown = threadstore("spec", "APPEND-99")
    assert shown.returncode == 3
    assert "no clause is called APPEND-99" in shown.stderr


def test_backends_lists_what_is_registered() -> None:
    """Ensure both of the project's stores are listed with what they declare."""
    listed = threadstore("backends")
    assert listed.returncode == 0
    for part in ("memory", "local", "codex_home", "volatile"):
        assert part in listed.stdout


@pytest.mark.parametrize("command", ["certify", "replay", "spec", "backends", "bench", "inspect"])
def test_every_command_has_help(command: str) -> None:
    """Ensure each command says what it does."""
    shown = threadstore(command, "--help")
    assert shown.returncode == 0
    assert "Usage: " in shown.stdout


@pytest.mark.parametrize("arguments", [["nonsense"], ["replay"], ["certify"], ["replay", "absent.json", "memory"]])
def test_a_wrong_call_exits_3(arguments: list[str], tmp_path: Path) -> None:
    """Ensure usage errors have a status of their own and no traceback."""
    done = threadstore(*arguments, cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
