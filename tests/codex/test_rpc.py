"""JSON-RPC with a child process: the messages, judged on a child that misbehaves."""

from __future__ import annotations

import pytest

from codex.conftest import StartPeer
from threadstore.jsonvalue import JSON
from threadstore_backends.codex.errors import CodexError, CodexGarbled, CodexHang, CodexRefused, CodexUnsendable
from threadstore_backends.codex.notifications import Notification
from threadstore_backends.codex.rpc import METHOD_NOT_FOUND, RpcProcess

SHORT = 0.3


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


def test_a_line_that_is_no_message_is_told(peer: RpcProcess) -> None:
    peer.notify("complain", 1)

    with pytest.raises(CodexGarbled, match=r"^garble: the process .* no message: no message(; .*:\nxthe end)?$"):
        peer.call("garble")
    # What it said on its standard error is whole once it has ended.
    peer.kill()
    with pytest.raises(CodexGarbled, match=r"^echo: the process .* no message: no message; .*:\nxthe end$"):
        peer.call("echo")


@pytest.mark.parametrize(
    "answer",
    [{}, {"error": {}}, {"error": None}, {"error": {"code": 1}}, {"id": 99, "result": 1}, {"id": [], "result": 1}],
)
def test_an_answer_that_is_none_is_told_with_the_call(peer: RpcProcess, answer: JSON) -> None:
    with pytest.raises(CodexGarbled, match=r'^answer with: the process wrote a line that is no message: \{"id": '):
        peer.call("answer with", answer)


@pytest.mark.parametrize("unsendable", ["\ud800", 2**64, {1: 2}, object()])
def test_what_is_no_json_is_not_sent(peer: RpcProcess, unsendable: JSON) -> None:
    with pytest.raises(CodexUnsendable, match=r"^echo was not sent, because it cannot be written as JSON: .* "):
        peer.call("echo", {"name": unsendable})
    with pytest.raises(CodexUnsendable, match=r"^tell was not sent"):
        peer.notify("tell", unsendable if type(unsendable) is dict else [unsendable])

    assert peer.call("echo", 1) == 1


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


def test_requests_of_the_peer_are_answered(start_peer: StartPeer) -> None:
    def answer(method: str, params: JSON) -> JSON:
        return {method: params}

    assert start_peer(answerer=answer).call("ask", "now") == {"id": "mine", "result": {"now": {"x": 1}}}


def test_an_answerer_that_fails_is_told_of_and_not_blamed_on_the_peer(start_peer: StartPeer) -> None:
    def answer(method: str, params: JSON) -> JSON:
        raise KeyError(method)

    with pytest.raises(CodexError, match=r"^answering now failed here: KeyError: 'now'$") as failed:
        start_peer(answerer=answer).call("ask", "now")
    assert type(failed.value) is CodexError


@pytest.mark.parametrize("answer", [{"x": "\ud800"}, 2**64, object()])
def test_an_answer_of_ours_that_is_no_json_is_not_blamed_on_the_peer(start_peer: StartPeer, answer: JSON) -> None:
    with pytest.raises(CodexError, match=r"^answering now failed here: CodexUnsendable: now was not sent") as failed:
        start_peer(answerer=lambda method, params: answer).call("ask", "now")
    assert type(failed.value) is CodexError


def test_a_peer_whose_input_is_closed_ends_by_itself(peer: RpcProcess) -> None:
    peer.call("echo")

    assert peer.close() == 0
    assert peer.stderr == "bye\n"


def test_the_peer_gets_the_environment_that_is_given_and_no_other(peer: RpcProcess) -> None:
    # Python itself may add what its locale is.
    assert {"LANG"} == peer.call("environment").keys() - {"LC_CTYPE"}
