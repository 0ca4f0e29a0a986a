"""A real Codex for the tests that ask for one, in every history mode that it has, and a peer in the place of one."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from codex.real import SCRIPT
from threadstore_backends.codex import CodexBinary, CodexMissing, CodexRefused, CodexServer, CodexSettings, find_binary
from threadstore_backends.codex.rpc import Answerer, RpcProcess, refuse_all

Open = Callable[..., CodexServer]
StartPeer = Callable[..., RpcProcess]

FAKE_PEER = Path(__file__).with_name("fake_peer.py")


@pytest.fixture(scope="session")
def binary() -> CodexBinary:
    """The binary that is installed or named by the environment; one that does not run is no reason to skip."""
    try:
        return find_binary()
    except CodexMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def open_codex(binary: CodexBinary, tmp_path: Path) -> Iterator[Open]:
    """Opens a server on a home of its own, and closes it."""
    with ExitStack() as opened:

        def open_one(settings: CodexSettings | None = None, answerer: Answerer = refuse_all) -> CodexServer:
            server = CodexServer(tmp_path / "home", binary=binary, script=SCRIPT, settings=settings, answerer=answerer)
            return opened.enter_context(server)

        yield open_one
    # One is some megabytes, and pytest keeps the folders of several runs.
    shutil.rmtree(tmp_path / "home", ignore_errors=True)


@pytest.fixture
def codex(open_codex: Open) -> CodexServer:
    """A server as it is without any settings."""
    return open_codex()


@pytest.fixture(params=["legacy", "paginated"])
def mode(request: pytest.FixtureRequest, codex: CodexServer) -> str:
    """A history mode that this version has."""
    mode: str = request.param
    try:
        codex.threads.delete(codex.threads.start(codex.path, history_mode=mode).id)
    except CodexRefused as refused:
        if "paginated_threads is not supported" not in str(refused):
            raise
        pytest.skip(f"Codex {codex.binary.version} has no {mode} threads")
    return mode


@pytest.fixture
def thread(codex: CodexServer, mode: str) -> str:
    """A thread that was just started."""
    return codex.threads.start(codex.path, history_mode=mode).id


@pytest.fixture
def start_peer(tmp_path: Path) -> Iterator[StartPeer]:
    """Starts peers, and ends them."""
    started: list[RpcProcess] = []

    def start(answerer: Answerer = refuse_all) -> RpcProcess:
        peer = RpcProcess([sys.executable, FAKE_PEER], environment={"LANG": "C.UTF-8"}, cwd=tmp_path, answerer=answerer)
        started.append(peer)
        return peer

    yield start
    for peer in started:
        peer.kill()


@pytest.fixture
def peer(start_peer: StartPeer) -> RpcProcess:
    """A peer that is spoken to."""
    return start_peer()
