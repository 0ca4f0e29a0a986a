"""JSON-RPC with a child process, judged on a child that misbehaves."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from threadstore.jsonvalue import JSON
from threadstore_backends.codex.errors import CodexDied, CodexError, CodexGarbled, CodexHang, CodexRefused
from threadstore_backends.codex.notifications import Notification
from threadstore_backends.codex.rpc import METHOD_NOT_FOUND, STDERR_KEPT, RpcProcess

PEER = Path(__file__).with_name("fake_peer.py")
SHORT = 0.3

Start = Callable[..., RpcProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts peers, and ends them."""
    started: list[RpcProcess] = []

    def started_with(**more: object) -> RpcProcess:
        peer = RpcProcess([sys.executable, PEER], environment={"LANG": "C.UTF-8"}, cwd=tmp_path, **more)  # type: ignore[arg-type]
        started.append(peer)
        return peer

    yield started_with
    for peer in started:
        peer.kill()


@pytest.fixture
def peer(start: Start) -> RpcProcess:
    return start()


def test_a_call_returns_its_answer(peer: RpcProcess) -> None:
    assert peer.call("echo", {"a": [1, "é\n"]}) == {"a": [1, "é\n"]}


def test_answers_find_their_requests_in_any_order(peer: RpcProcess) -> None:
    first, second = peer.request("answer backwards"), peer.request("echo")

    assert (first.result(10), second.result(10)) == ("first", "second")


def test_a_refusal_tells_what_was_refused(peer: RpcProcess) -> None:
    with pytest.raises(CodexRefused) as refused:
        peer.call("refuse", {"why": 1})

    assert (refused.value.method, refused.value.code, refused.value.data) == ("refuse", -32600, {"why": 1})
    assert str(refused.value) == "refuse was refused: not this (-32600)"


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


def test_a_line_that_is_no_message_is_told(peer: RpcProcess) -> None:
    with pytest.raises(CodexGarbled, match=r"no message: no message$"):
        peer.call("garble")


def test_a_peer_that_closes_its_output_alone_is_dead(peer: RpcProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("threadstore_backends.codex.rpc.LAST_MOMENTS_S", SHORT)

    with pytest.raises(CodexDied, match="SIGKILL"):
        peer.call("close your output")


def test_only_the_end_of_the_standard_error_is_kept(peer: RpcProcess) -> None:
    peer.notify("complain", 10 * STDERR_KEPT)
    peer.call("echo")
    with pytest.raises(CodexDied):
        peer.call("die", 1)

    assert len(peer.stderr) == STDERR_KEPT
    assert peer.stderr.endswith("xthe end\nI am dying\n")


def test_notifications_are_kept_in_order_and_found_from_a_mark_on(peer: RpcProcess) -> None:
    peer.call("tell", [1, 2])
    mark = peer.mark()
    peer.call("tell", [2, 3])

    assert Notification("told", 2) == peer.wait_for(lambda told: told.params > 1, "more than one")
    assert [told.params for told in peer.notifications(mark)] == [2, 3]
    assert peer.wait_for(lambda told: told.params != 2, "not two", since=mark).params == 3


def test_a_notification_that_does_not_come_is_a_hang(peer: RpcProcess) -> None:
    peer.call("tell", [1])

    with pytest.raises(CodexHang, match=r"^a second one: nothing came within 0.3 s"):
        peer.wait_for(lambda told: told.params == 2, "a second one", timeout=SHORT)


def test_requests_of_the_peer_are_refused(peer: RpcProcess) -> None:
    refusal = {"code": METHOD_NOT_FOUND, "message": "item/approve is not offered"}

    assert {"id": "mine", "error": refusal} == peer.call("ask", "item/approve")


def test_requests_of_the_peer_are_answered(start: Start) -> None:
    def answer(method: str, params: JSON) -> JSON:
        return {method: params}

    assert start(answerer=answer).call("ask", "now") == {"id": "mine", "result": {"now": {"x": 1}}}


def test_an_answerer_that_fails_is_told_of_and_not_blamed_on_the_peer(start: Start) -> None:
    def answer(method: str, params: JSON) -> JSON:
        raise KeyError(method)

    with pytest.raises(CodexError, match=r"^answering now failed here: KeyError: 'now'$") as failed:
        start(answerer=answer).call("ask", "now")
    assert type(failed.value) is CodexError


def test_a_peer_that_ended_between_two_calls_is_told_of_when_it_is_closed(peer: RpcProcess) -> None:
    peer.notify("die", 0)
    with pytest.raises(CodexDied):
        peer.wait_for(lambda told: False, "anything")

    with pytest.raises(CodexDied, match=r"^closing: the process ended with status 0; .*\nI am dying$"):
        peer.close()


def test_a_peer_whose_input_is_closed_ends_by_itself(peer: RpcProcess) -> None:
    peer.call("echo")

    assert peer.close() == 0
    assert peer.stderr == "bye\n"


def test_a_peer_that_does_not_end_is_killed_and_told_of(peer: RpcProcess) -> None:
    peer.notify("stay")

    with pytest.raises(CodexHang, match=r"^the end of the process after its input was closed: "):
        peer.close(SHORT)
    assert peer.ended


def test_a_killed_peer_leaves_nobody_behind(peer: RpcProcess) -> None:
    peer.call("echo")

    assert -signal.SIGKILL == peer.kill() == peer.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(peer.pid, 0)


def test_the_peer_gets_the_environment_that_is_given_and_no_other(peer: RpcProcess) -> None:
    # Python itself may add what its locale is.
    assert {"LANG"} == peer.call("environment").keys() - {"LC_CTYPE"}
