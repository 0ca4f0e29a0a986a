"""The scripted conversation: which reply a request gets, and how it looks in the stream."""

from __future__ import annotations

import json

import pytest

from threadstore_backends.codex.conversation import (
    AGENT_TOOLS,
    NAMED_AGENT_TOOLS,
    Call,
    Ending,
    Reply,
    Say,
    Script,
    Think,
    Usage,
    event_bytes,
    runs,
    says,
    spawns,
    spawns_named,
    waits,
)


def test_a_turn_gets_its_replies_in_order_and_then_the_other_one() -> None:
    script = Script(turns={"go": [says("one"), says("two")]}, otherwise=says("else"))

    assert [says("one"), says("two"), says("else")] == [script.reply("go", nth) for nth in range(3)]
    assert says("else") == script.reply("unknown", 0)


def test_a_reply_is_created_its_items_and_what_it_cost() -> None:
    reply = Reply((Think("hm", "secret"), Say("hi")), usage=Usage(input=7, cached=2, output=3, reasoning=1))

    created, thought, said, completed = reply.events("9")

    assert created == {"type": "response.created", "response": {"id": "resp_9"}}
    assert (
        thought["type"],
        thought["item"]["type"],
        thought["item"]["encrypted_content"],
    ) == ("response.output_item.done", "reasoning", "secret")
    assert said["item"]["content"] == [{"type": "output_text", "text": "hi"}]
    assert completed["type"] == "response.completed"
    assert completed["response"]["usage"] == {
        "input_tokens": 7,
        "input_tokens_details": {"cached_tokens": 2},
        "output_tokens": 3,
        "output_tokens_details": {"reasoning_tokens": 1},
        "total_tokens": 10,
    }


def test_ids_of_items_are_all_different() -> None:
    reply = Reply((Say("a"), Say("a"), Call("t")))

    ids = [event["item"]["id"] for tag in "12" for event in reply.events(tag) if "item" in event]

    assert len(set(ids)) == 6


@pytest.mark.parametrize(
    ("ending", "last"),
    [
        ("completed", "response.completed"),
        ("failed", "response.failed"),
        ("cut", "response.output_item.done"),
        ("hangs", "response.output_item.done"),
    ],
)
def test_a_stream_ends_as_scripted(ending: Ending, last: str) -> None:
    assert last == Reply((Say("part"),), ending=ending).events("1")[-1]["type"]


@pytest.mark.parametrize(
    ("reply", "name", "namespace", "arguments"),
    [
        (runs("ls"), "exec_command", None, {"cmd": "ls"}),
        (spawns("do it"), "spawn_agent", AGENT_TOOLS, {"message": "do it", "fork_context": False}),
        (spawns("do", whole_history=True), "spawn_agent", AGENT_TOOLS, {"message": "do", "fork_context": True}),
        (
            spawns_named("kid", "do", last_turns=2),
            "spawn_agent",
            NAMED_AGENT_TOOLS,
            {"task_name": "kid", "message": "do", "fork_turns": "2"},
        ),
        (
            spawns_named("kid", "do"),
            "spawn_agent",
            NAMED_AGENT_TOOLS,
            {"task_name": "kid", "message": "do", "fork_turns": "none"},
        ),
        (
            spawns_named("kid", "do", last_turns=None),
            "spawn_agent",
            NAMED_AGENT_TOOLS,
            {"task_name": "kid", "message": "do", "fork_turns": "all"},
        ),
    ],
)
def test_calls_of_tools(reply: Reply, name: str, namespace: str | None, arguments: dict[str, object]) -> None:
    item = reply.events("1")[1]["item"]

    assert ("function_call", name, namespace) == (item["type"], item["name"], item.get("namespace"))
    assert arguments == json.loads(item["arguments"])


def test_waiting_is_for_the_agent_that_was_spawned_last() -> None:
    heard = [
        {"type": "function_call_output", "output": '{"agent_id":"a1","nickname":"x"}'},
        {"type": "function_call_output", "output": '{"agent_id": "a2"}'},
        {"type": "function_call_output", "output": [{"type": "input_text", "text": "other"}]},
        {"type": "message", "content": []},
    ]

    assert json.loads(waits().events("1", heard)[1]["item"]["arguments"]) == {"targets": ["a2"]}
    assert json.loads(waits().events("1", [])[1]["item"]["arguments"]) == {"targets": []}


def test_an_event_travels_as_one_line_of_data() -> None:
    assert event_bytes({"type": "t", "text": "a\nb"}) == b'event: t\ndata: {"type":"t","text":"a\\nb"}\n\n'
