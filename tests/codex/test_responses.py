"""The mock of the Responses API, asked as Codex asks."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from threadstore.jsonvalue import JSON
from threadstore_backends.codex.conversation import Call, Reply, Say, Script, says
from threadstore_backends.codex.errors import CodexHang, ServiceFailed
from threadstore_backends.codex.responses import MockResponses

SCRIPT = Script(
    turns={
        "go": [says("one"), says("two")],
        "task": [says("on it")],
        "hang": [Reply((Say("part"),), ending="hangs")],
        "cut": [Reply((Say("part"),), ending="cut")],
    },
    otherwise=says("else"),
    compaction=says("short"),
)


@pytest.fixture
def mock() -> Iterator[MockResponses]:
    with MockResponses(SCRIPT) as mock:
        yield mock


@contextmanager
def connected(mock: MockResponses) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(urlsplit(mock.base_url).netloc, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def user(text: str) -> JSON:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def headers(thread: str = "t", turn: str = "turn", kind: str = "turn") -> dict[str, str]:
    about = {"thread_id": thread, "turn_id": turn, "request_kind": kind}
    return {"Thread-Id": thread, "X-Codex-Turn-Metadata": json.dumps(about), "originator": f"from {thread}"}


def ask(mock: MockResponses, *conversation: JSON, **about: str) -> list[JSON]:
    """Return the events that a request gets."""
    with connected(mock) as connection:
        connection.request("POST", "/v1/responses", json.dumps({"input": conversation}), headers(**about))
        answer = connection.getresponse()
        assert answer.getheader("content-type") == "text/event-stream"
        return [json.loads(line[6:]) for line in answer.read().splitlines() if line.startswith(b"data: ")]


def said(events: list[JSON]) -> list[str]:
    return [event["item"]["content"][0]["text"] for event in events if "item" in event]


def test_the_requests_of_a_turn_get_its_replies_in_order(mock: MockResponses) -> None:
    answers = [said(ask(mock, user("go"), user("not the prompt") if nth else user("go"))) for nth in range(3)]

    assert answers == [["one"], ["two"], ["else"]]


def test_another_turn_with_the_prompt_begins_again(mock: MockResponses) -> None:
    assert [said(ask(mock, user("go"), turn=turn)) for turn in "ab"] == [["one"], ["one"]]


def test_the_prompt_is_the_last_that_a_user_or_an_agent_asked_for(mock: MockResponses) -> None:
    notified = user('<subagent_notification>\n{"status":"completed"}')
    asked = {"type": "agent_message", "content": [{"type": "encrypted_content", "encrypted_content": "task"}]}
    assistant = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "task"}]}

    assert said(ask(mock, user("task"), user("go"), notified, assistant, turn="a")) == ["one"]
    assert said(ask(mock, user("go"), asked, turn="b")) == ["on it"]
    assert said(ask(mock, turn="c")) == ["else"]


def test_a_compaction_gets_its_own_reply(mock: MockResponses) -> None:
    assert said(ask(mock, user("go"), kind="compaction")) == ["short"]
    assert said(ask(mock, user("go"))) == ["one"]


def test_no_two_items_share_an_id(mock: MockResponses) -> None:
    events = [event for turn in "ab" for event in ask(mock, user("go"), turn=turn)]

    assert len({event["item"]["id"] for event in events if "item" in event}) == 2


def test_requests_are_kept_and_found_by_thread_and_kind(mock: MockResponses) -> None:
    ask(mock, user("go"), thread="a")
    ask(mock, user("go"), thread="b", turn="other")
    ask(mock, user("go"), thread="b", turn="third", kind="compaction")

    assert [request.thread_id for request in mock.requests()] == ["a", "b", "b"]
    assert [request.turn_id for request in mock.requests("b")] == ["other", "third"]
    (compaction,) = mock.requests("b", kind="compaction")
    assert ("from b", "go", {"input": [user("go")]}) == (compaction.originator, compaction.prompt, compaction.body)


def test_a_request_without_turn_metadata_is_a_turn_of_nobody(mock: MockResponses) -> None:
    with connected(mock) as connection:
        connection.request("POST", "/v1/responses", '{"input":"text"}', {"X-Codex-Turn-Metadata": "no JSON"})
        connection.getresponse().read()

    (request,) = mock.requests()
    assert (request.kind, request.thread_id, request.turn_id, request.prompt) == ("turn", None, None, "")


def test_requests_without_turn_metadata_share_no_turn(mock: MockResponses) -> None:
    def ask_without(prompt: str) -> str:
        with connected(mock) as connection:
            connection.request("POST", "/v1/responses", json.dumps({"input": [user(prompt)]}))
            return connection.getresponse().read().decode()

    assert [
        text for prompt in ("go", "task", "go") for text in re.findall(r'(?<="text":)"[^"]*"', ask_without(prompt))
    ] == ['"one"', '"on it"', '"one"']


def test_a_stream_that_hangs_ends_when_the_other_side_leaves(mock: MockResponses) -> None:
    with connected(mock) as connection:
        connection.request("POST", "/v1/responses", json.dumps({"input": [user("hang")]}), headers())
        answer = connection.getresponse()
        # Both events are there, and the end is not.
        heard = b"".join(iter(answer.readline, b"\n")) + b"".join(iter(answer.readline, b"\n"))

    assert b"response.completed" not in heard
    assert said(ask(mock, user("go"), turn="next")) == ["one"]


def test_a_stream_that_is_cut_has_no_end(mock: MockResponses) -> None:
    assert [e["type"] for e in ask(mock, user("cut"))] == ["response.created", "response.output_item.done"]


def test_closing_ends_streams_that_hang() -> None:
    mock = MockResponses(SCRIPT)
    with connected(mock) as connection:
        connection.request("POST", "/v1/responses", json.dumps({"input": [user("hang")]}), headers())
        answer = connection.getresponse()
        mock.close()

        assert b"response.completed" not in answer.read()


def test_waiting_for_a_request(mock: MockResponses) -> None:
    ask(mock, user("go"), thread="a")

    assert mock.wait_for(lambda request: request.thread_id == "a", "a's request").thread_id == "a"
    with pytest.raises(CodexHang, match=r"^b's request: nothing came within 0.1 s"):
        mock.wait_for(lambda request: request.thread_id == "b", "b's request", timeout=0.1)


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "kind"),
    [
        ("GET", "/v1/models", {}, 200, "GET"),
        ("GET", "/v1/responses", {"Upgrade": "websocket"}, 426, "GET"),
        ("POST", "/v1/other", {}, 404, "turn"),
        ("CONNECT", "example.org:443", {}, 403, "CONNECT"),
        ("GET", "http://example.org/v1/models", {}, 403, "GET"),
        ("GET", "http://example.org/v1/responses", {"Upgrade": "websocket"}, 403, "GET"),
        ("POST", "http://example.org/responses", {}, 403, "turn"),
        ("PUT", "/v1/responses", {}, 403, "PUT"),
        ("HEAD", "/v1/responses", {}, 403, "HEAD"),
        ("BREW", "http://example.org/", {}, 403, "BREW"),
    ],
)
def test_whatever_else_is_asked_is_answered_and_kept(
    mock: MockResponses, method: str, path: str, more: dict[str, str], status: int, kind: str
) -> None:
    with connected(mock) as connection:
        connection.request(method, path, "{}" if method == "POST" else None, more)
        assert status == connection.getresponse().status

    (request,) = mock.requests()
    assert (method, path, kind, "Upgrade" in more) == (request.method, request.path, request.kind, request.is_websocket)


def test_a_body_that_is_no_json_is_refused_and_kept(mock: MockResponses) -> None:
    with connected(mock) as connection:
        connection.request("POST", "/v1/responses", b"\xff", headers("a"))
        assert connection.getresponse().status == 400

    (request,) = mock.requests("a")
    assert (request.method, request.path, request.body) == ("POST", "/v1/responses", None)


def test_what_is_no_http_is_refused_and_kept(mock: MockResponses) -> None:
    # A request before it: what is kept of that one must not be told of this one.
    with connected(mock) as connection:
        connection.request("GET", "/v1/models", headers=headers("a"))
        connection.getresponse().read()
        connection.sock.sendall(b"what is this about\r\n\r\n")
        assert b" 400 " in connection.sock.recv(1024)

    _, request = mock.requests()
    assert (request.method, request.path, request.thread_id) == ("", "what is this about", None)


def failing(heard: JSON) -> JSON:
    raise LookupError(f"no agent in {len(heard)} items")


def test_a_script_that_fails_is_told_where_somebody_waits_and_at_the_end() -> None:
    mock = MockResponses(Script(turns={"go": [Reply((Call("wait_agent", failing),))]}))
    with connected(mock) as connection:
        connection.request("POST", "/v1/responses", json.dumps({"input": [user("go")]}), headers())
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()

    told = r"^the scripted service failed at POST /v1/responses HTTP/1.1: LookupError: no agent in 1 items$"
    with pytest.raises(ServiceFailed, match=told):
        mock.wait_for(lambda request: False, "anything")
    with pytest.raises(ServiceFailed, match=told):
        mock.close()
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", urlsplit(mock.base_url).port)) != 0


def test_a_connection_that_is_broken_off_is_no_failure(mock: MockResponses) -> None:
    with connected(mock) as connection:
        connection.connect()
        # A reset in the place of an end.
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sock.sendall(b"POST /v1/responses HTTP/1.1\r\nContent-Length: 10\r\n\r\n{")

    assert said(ask(mock, user("go"))) == ["one"]
    mock.close()
