"""Codex as a registered backend: with a binary, without one, and with something else in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.command import threadstore
from threadstore import ManagerBackend
from threadstore_backends.codex.binary import BINARY_VARIABLE, CodexBinary
from threadstore_backends.codex.manager import HISTORY_MODES
from threadstore_backends.codex.registration import UNSEEN, UNSEEN_LATER
from threadstore_conformance.discovery import find_backend, registered_backends
from threadstore_conformance.ports import ports_of

BOTH = pytest.mark.parametrize("name", ["codex", "codex-paginated"])


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in where the package that brings a binary along has none."""
    monkeypatch.delenv(BINARY_VARIABLE, raising=False)
    (tmp_path / "codex_cli_bin").mkdir()
    (tmp_path / "codex_cli_bin" / "__init__.py").touch()
    return tmp_path


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@BOTH
def test_it_is_registered_at_the_port_of_the_session_layer(name: str) -> None:
    """Ensure it loads, whether a binary is there or not, and shows no store."""
    assert name in {point.name for point in registered_backends()}
    backend = find_backend(name)
    assert isinstance(backend, ManagerBackend)
    assert [port.name for port in ports_of(backend)] == ["manager"]
    assert backend.name == name
    later = CodexBinary(Path(), backend.version).release >= HISTORY_MODES
    assert backend.capabilities.paginated == (later or name == "codex-paginated")
    assert backend.session.originators == ("upstream-later" if later else "upstream-0.143")
    assert backend.unseen == (UNSEEN | UNSEEN_LATER if later else UNSEEN)
    assert (backend.adds, backend.grain) == (True, 1000)
    assert backend.version


@BOTH
def test_without_a_binary_it_is_said_what_to_install(name: str, nothing_installed: Path) -> None:
    """Ensure there is one sentence, the status of a harness that cannot run, and no certificate."""
    done = threadstore("certify", name, "--out", "out", cwd=nothing_installed)
    assert done.returncode == 3
    assert done.stderr.strip() == (
        f"Error: backend '{name}' does not open: CodexMissing: no Codex binary was found; install threadstore[codex],"
        f" which brings one along, or name one with {BINARY_VARIABLE}"
    )
    assert not (nothing_installed / "out").exists()


def test_backends_are_listed_without_a_binary(nothing_installed: Path) -> None:
    """Ensure both are listed as not installed, beside the others."""
    listed = threadstore("backends", cwd=nothing_installed)
    assert listed.returncode == 0
    rows = [line for line in listed.stdout.splitlines() if "not installed" in line]
    assert [row.split()[0] for row in rows] == ["codex", "codex-paginated"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("echo hello", "it --version answers 'hello', so it is no Codex binary"),
        ("exit 1", "it does not run as a Codex binary"),
        (
            'test "$1" = --version && echo codex-cli 0.200.0 || exit 7',
            "does not open: CodexDied: initialize: the process ended with status 7",
        ),
    ],
)
def test_a_binary_that_is_none_is_one_sentence(text: str, says: str, nothing_installed: Path) -> None:
    """Ensure the file that was given is tried, and no other in its place."""
    given = script(nothing_installed / "it", text)
    done = threadstore("certify", "codex", "--codex-bin", given, "--out", "out", cwd=nothing_installed)
    assert done.returncode == 3
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr + done.stdout


@pytest.mark.parametrize("command", [["certify", "codex"], ["soak", "codex"], ["replay", "ROUTE-2", "codex"]])
def test_a_binary_that_is_not_there_is_a_usage_error(command: list[str], tmp_path: Path) -> None:
    """Ensure the option says so itself, of every command that has it."""
    done = threadstore(*command, "--codex-bin", tmp_path / "absent", cwd=tmp_path)
    assert done.returncode == 3
    assert "does not exist" in done.stderr
