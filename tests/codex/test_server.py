"""The server as a whole, with a peer in the place of Codex."""

from __future__ import annotations

import shlex
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from codex.conftest import FAKE_PEER
from threadstore_backends.codex.binary import CodexBinary
from threadstore_backends.codex.conversation import Script
from threadstore_backends.codex.errors import CodexDied, CodexError
from threadstore_backends.codex.responses import MockResponses
from threadstore_backends.codex.server import CodexServer, CodexSettings

PEER = shlex.join([sys.executable, str(FAKE_PEER)])


def peer(folder: Path, text: str = f"exec {PEER}") -> CodexBinary:
    """Return a binary that is a shell script."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "codex"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return CodexBinary(path, "0.0.0")


def is_open(mock: MockResponses) -> bool:
    """Tell whether somebody listens where a mock is, or was."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", urlsplit(mock.base_url).port)) == 0


def test_the_process_is_introduced_to_and_gets_the_homes_environment(tmp_path: Path) -> None:
    settings = CodexSettings(client_name="me", environment_override="them")
    with CodexServer(tmp_path / "home", binary=peer(tmp_path), settings=settings) as codex:
        environment = codex.rpc.call("environment")

        assert is_open(codex.responses)
        assert codex.greeting["clientInfo"]["name"] == "me"
        assert codex.greeting["capabilities"]["experimentalApi"] is True
        assert environment["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"] == "them"
        assert environment["CODEX_HOME"] == str(codex.path)
        assert codex.responses.base_url in (codex.path / "config.toml").read_text()


@pytest.mark.parametrize("killed", [False, True])
def test_a_restart_is_another_process_on_the_home_with_the_same_mock(tmp_path: Path, killed: bool) -> None:
    with CodexServer(tmp_path / "home", binary=peer(tmp_path)) as codex:
        before, url = codex.rpc, codex.responses.base_url

        codex.restart(CodexSettings(client_name="later"), killed=killed)

        assert before.ended
        assert before.stderr == ("" if killed else "bye\n")
        assert codex.greeting["clientInfo"]["name"] == "later"
        assert codex.responses.base_url == url
    assert codex.rpc.ended


def test_a_process_that_does_not_start_is_told_and_leaves_no_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[MockResponses] = []

    def make(script: Script | None) -> MockResponses:
        made.append(MockResponses(script))
        return made[0]

    monkeypatch.setattr("threadstore_backends.codex.server.MockResponses", make)

    with pytest.raises(CodexDied, match=r"^initialize: the process ended with status 7; .*:\nbroken$"):
        CodexServer(tmp_path / "home", binary=peer(tmp_path, "echo broken >&2; exit 7"))
    assert not is_open(made[0])


def test_a_process_that_does_not_end_well_is_told(tmp_path: Path) -> None:
    codex = CodexServer(tmp_path / "home", binary=peer(tmp_path, f"{PEER}; exit 3"))

    with pytest.raises(CodexError, match=r"^Codex ended with status 3 after its input was closed; bye"):
        codex.close()
    assert not is_open(codex.responses)


def test_a_process_that_died_unasked_is_told_when_it_is_stopped(tmp_path: Path) -> None:
    codex = CodexServer(tmp_path / "home", binary=peer(tmp_path))
    with pytest.raises(CodexDied, match=r"^die: "):
        codex.rpc.call("die", 1)

    with pytest.raises(CodexDied, match=r"^closing: the process ended with status 1; "):
        codex.close()
    assert not is_open(codex.responses)


def test_a_kill_that_fails_leaves_no_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codex = CodexServer(tmp_path / "home", binary=peer(tmp_path))

    def fail() -> int:
        raise PermissionError

    monkeypatch.setattr(codex.rpc, "kill", fail)
    with pytest.raises(PermissionError), codex:
        raise ZeroDivisionError

    assert not is_open(codex.responses)
    monkeypatch.undo()
    codex.kill()


def test_a_link_to_the_home_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    with CodexServer(tmp_path / "link", binary=peer(tmp_path)) as codex:
        assert codex.path == tmp_path.resolve() / "real"
