"""How a child process ends, and whoever it started: asked to, killed, or by itself."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from codex.conftest import StartPeer
from threadstore.jsonvalue import JSON
from threadstore_backends.codex.child import STDERR_KEPT
from threadstore_backends.codex.errors import CodexDied, CodexHang
from threadstore_backends.codex.rpc import RpcProcess

SHORT = 0.3

#: For a process that has none of its starter's pipes.
NO_PIPES = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)


class Grandchild:
    """A process that a peer starts, which holds the peer's pipes and one whose other end is here."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "held"
        os.mkfifo(self._path)
        self._end = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK)
        self._pid: int | None = None

    def start(self, peer: RpcProcess, **more: JSON) -> None:
        """Have a peer start it, in its session and with its pipes where not told otherwise."""
        self._pid = peer.call("have a child", {"holding": str(self._path), **more})

    def is_gone(self, within: float) -> bool:
        """Tell whether it has ended: its end of the pipe is closed."""
        return bool(select.select([self._end], [], [], within)[0])

    def end(self) -> None:
        """Kill it, if it lives."""
        if self._pid is not None and not self.is_gone(0):
            os.kill(self._pid, signal.SIGKILL)
        os.close(self._end)


@pytest.fixture
def grandchild(tmp_path: Path) -> Iterator[Grandchild]:
    """One that is ended at last."""
    grandchild = Grandchild(tmp_path)
    yield grandchild
    grandchild.end()


def test_a_hang_names_the_call_and_ends_in_time(peer: RpcProcess) -> None:
    with pytest.raises(CodexHang, match=r"stay: nothing came within 0.3 s"):
        peer.call("stay", timeout=SHORT)

    assert not peer.ended


def test_a_peer_that_reads_nothing_is_a_hang_too(peer: RpcProcess) -> None:
    peer.notify("stay")

    with pytest.raises(CodexHang, match=r"^echo: nothing came"):
        peer.call("echo", "x" * 2_000_000, timeout=SHORT)


@pytest.mark.parametrize(("status", "named"), [(3, "status 3"), (0, "status 0")])
def test_a_death_names_the_call_the_status_and_the_last_words(peer: RpcProcess, status: int, named: str) -> None:
    with pytest.raises(CodexDied, match=rf"^die: the process ended with {named}; its standard error ends:\nI am dying"):
        peer.call("die", status)


def test_a_signal_is_named(peer: RpcProcess) -> None:
    with pytest.raises(CodexDied, match=r"^kill yourself: the process ended with SIGABRT$"):
        peer.call("kill yourself", signal.SIGABRT)


def test_every_call_after_a_death_tells_of_it(peer: RpcProcess) -> None:
    with pytest.raises(CodexDied):
        peer.call("die", 1)

    with pytest.raises(CodexDied, match=r"^echo: "):
        peer.call("echo", 1)
    with pytest.raises(CodexDied, match=r"^something: "):
        peer.wait_for(lambda told: True, "something")


def test_every_pending_call_is_told_of_a_death(peer: RpcProcess) -> None:
    pending = peer.request("complain", 1)

    with pytest.raises(CodexDied):
        peer.call("die", 1)
    with pytest.raises(CodexDied, match=r"^complain: "):
        pending.result(10)


def test_a_line_that_a_death_tore_is_no_fault_of_its_own(peer: RpcProcess) -> None:
    with pytest.raises(CodexDied, match=r"^tear a line: the process ended with status 3$"):
        peer.call("tear a line", '{"id": 1, "res')


def test_a_peer_that_closes_its_output_alone_is_dead(peer: RpcProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threadstore_backends.codex.child.LAST_MOMENTS_S", SHORT)

    with pytest.raises(CodexDied, match="SIGKILL"):
        peer.call("close your output")


def test_only_the_end_of_the_standard_error_is_kept(peer: RpcProcess) -> None:
    peer.notify("complain", 10 * STDERR_KEPT)
    peer.call("echo")
    with pytest.raises(CodexDied):
        peer.call("die", 1)

    assert len(peer.stderr) == STDERR_KEPT
    assert peer.stderr.endswith("xthe end\nI am dying\n")


def test_a_peer_that_ended_between_two_calls_is_told_of_when_it_is_closed(peer: RpcProcess) -> None:
    peer.notify("die", 0)
    with pytest.raises(CodexDied):
        peer.wait_for(lambda told: False, "anything")

    with pytest.raises(CodexDied, match=r"^closing: the process ended with status 0; .*\nI am dying$"):
        peer.close()


def test_a_peer_that_does_not_end_is_killed_and_told_of(peer: RpcProcess) -> None:
    peer.notify("stay")

    with pytest.raises(CodexHang, match=r"^the end of the process after its input was closed: "):
        peer.close(SHORT)
    assert peer.ended


def test_a_killed_peer_leaves_nobody_behind(peer: RpcProcess, grandchild: Grandchild) -> None:
    grandchild.start(peer, **NO_PIPES)

    assert not grandchild.is_gone(0)
    assert -signal.SIGKILL == peer.kill() == peer.kill()
    assert grandchild.is_gone(10)


@pytest.mark.parametrize("method", ["die", "close your output"])
def test_a_peer_that_died_leaves_nobody_behind(
    peer: RpcProcess, grandchild: Grandchild, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr("threadstore_backends.codex.child.LAST_MOMENTS_S", SHORT)
    grandchild.start(peer, **NO_PIPES)

    with pytest.raises(CodexDied, match=f"^{method}: "):
        peer.call(method, 1)
    peer.kill()

    assert grandchild.is_gone(10)


def test_a_peer_that_died_leaves_nobody_behind_where_it_must_be_reaped_first(
    start_peer: StartPeer, grandchild: Grandchild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "waitid")
    peer = start_peer()
    grandchild.start(peer, **NO_PIPES)

    with pytest.raises(CodexDied, match=r"^die: the process ended with status 1; "):
        peer.call("die", 1)
    peer.kill()

    assert grandchild.is_gone(10)


def test_a_peer_that_ended_well_leaves_nobody_behind(peer: RpcProcess, grandchild: Grandchild) -> None:
    grandchild.start(peer, **NO_PIPES)

    assert peer.close() == 0
    assert grandchild.is_gone(10)


def test_a_death_is_told_while_others_hold_the_pipes(peer: RpcProcess, grandchild: Grandchild) -> None:
    grandchild.start(peer, start_new_session=True)

    with pytest.raises(CodexDied, match=r"^die: the process ended with status 3; .*:\nI am dying$"):
        peer.call("die", 3)
    assert not grandchild.is_gone(0)


@pytest.mark.parametrize("unread", [0, 2_000_000])
def test_killing_waits_for_nobody_who_holds_the_pipes(peer: RpcProcess, grandchild: Grandchild, unread: int) -> None:
    grandchild.start(peer, start_new_session=True)
    peer.notify("stay")
    peer.notify("echo", "x" * unread)

    assert peer.kill() == -signal.SIGKILL
    assert not grandchild.is_gone(0)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("codex")]


def test_closing_waits_for_nobody_who_holds_the_pipes(peer: RpcProcess, grandchild: Grandchild) -> None:
    grandchild.start(peer, start_new_session=True)

    assert (peer.close(), peer.stderr) == (0, "bye\n")
    assert not grandchild.is_gone(0)
