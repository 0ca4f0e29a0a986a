"""The originator on the wire of a real Codex: every request of a thread carries what its first line says."""

from __future__ import annotations

import pytest
from attrs import evolve

from codex.conftest import Open
from codex.real import originators
from threadstore_backends.codex import CodexServer, CodexSettings, HomeSettings
from threadstore_backends.codex.responses import Request

#: The first release that takes an originator from a service name.
SERVICE_NAMES = (0, 143, 0)


def recognised(codex: CodexServer, otherwise: str) -> str:
    """Return what a thread started with the service name ``codex_work_web`` is attributed to."""
    return "codex_work_web" if codex.binary.release >= SERVICE_NAMES else otherwise


def test_a_thread_carries_the_clients_name(codex: CodexServer, thread: str) -> None:
    codex.threads.turn(thread, "hello")

    assert {"threadstore"} == originators(codex, thread)


def test_the_environment_comes_before_the_clients_name(open_codex: Open) -> None:
    codex = open_codex(CodexSettings(client_name="me", environment_override="Codex Desktop"))
    thread = codex.threads.start(codex.path).id
    codex.threads.turn(thread, "hello")

    assert {"Codex Desktop"} == originators(codex, thread)


def test_two_loaded_threads_keep_their_own(codex: CodexServer, mode: str) -> None:
    work, plain = (
        codex.threads.start(codex.path, history_mode=mode, service_name=name).id
        for name in (" Codex_Work_Web ", "other")
    )
    for thread in (work, plain, work):
        codex.threads.turn(thread, "hello")

    assert [{recognised(codex, "threadstore")}, {"threadstore"}] == [originators(codex, t) for t in (work, plain)]


def test_a_compaction_a_fork_and_sub_agents_carry_it(codex: CodexServer, mode: str) -> None:
    root = codex.threads.start(codex.path, history_mode=mode, service_name="codex_work_web").id
    codex.threads.turn(root, "spawn")
    codex.threads.compact(root)
    codex.threads.turn(root, "hello")
    fork = codex.threads.fork(root).id
    codex.threads.turn(fork, "hello")

    sent = [request.kind for request in codex.responses.requests(root)]
    assert "compaction" in sent
    for thread in (root, fork, *codex.threads.spawned(root)):
        assert {recognised(codex, "threadstore")} == originators(codex, thread)


@pytest.mark.parametrize("killed", [False, True], ids=["graceful", "killed"])
def test_a_resumed_thread_carries_what_was_written(codex: CodexServer, mode: str, killed: bool) -> None:
    thread = codex.threads.start(codex.path, history_mode=mode, service_name="codex_work_web").id
    codex.threads.turn(thread, "hello")
    before = len(codex.responses.requests(thread))

    codex.restart(evolve(codex.settings, client_name="another"), killed=killed)
    codex.threads.resume(thread)
    codex.threads.turn(thread, "hello")

    (request,) = codex.responses.requests(thread)[before:]
    assert recognised(codex, "another") == request.originator


def test_a_websocket_carries_it_before_any_turn(open_codex: Open) -> None:
    codex = open_codex(CodexSettings(client_name="me", home=HomeSettings(websockets=True)))

    def asked_for(thread: str, after: int = 0) -> str | None:
        def wanted(request: Request) -> bool:
            return request.is_websocket and request in codex.responses.requests(thread)[after:]

        return codex.responses.wait_for(wanted, f"a websocket of {thread}").originator

    plain, work = (codex.threads.start(codex.path, service_name=name).id for name in (None, "codex_work_web"))
    assert [asked_for(plain), asked_for(work)] == ["me", recognised(codex, "me")]

    codex.threads.turn(work, "hello")
    assert asked_for(codex.threads.fork(work).id) == recognised(codex, "me")

    codex.restart(evolve(codex.settings, client_name="another"))
    before = len(codex.responses.requests(work))
    codex.threads.resume(work)
    assert asked_for(work, before) == recognised(codex, "another")
