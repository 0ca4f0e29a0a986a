"""What the tests against a real Codex share."""

from __future__ import annotations

from threadstore_backends.codex.conversation import (
    Reply,
    Say,
    Script,
    Think,
    calls,
    runs,
    says,
    spawns,
    spawns_named,
    waits,
)
from threadstore_backends.codex.notifications import Notification
from threadstore_backends.codex.server import CodexServer

#: One script for all: the prompt says what the model does.
SCRIPT = Script(
    turns={
        "hello": [says("Hello.")],
        "think": [Reply((Think("I reason."), Say("Thought.")))],
        "run": [runs("echo marker-$((40 + 2))"), says("Ran.")],
        "spawn": [spawns("be a child"), waits(), says("Spawned.")],
        "be a child": [spawns("be a grandchild"), waits(), says("Child done.")],
        "be a grandchild": [says("Grandchild done.")],
        "spawn and go on": [spawns("hello"), says("Spawned.")],
        "spawn with all": [spawns("hello", whole_history=True), waits(), says("Spawned.")],
        "spawn by name": [spawns_named("kid", "hello"), says("Spawned.")],
        "look": [calls("look", {"where": "here"}), says("Looked.")],
        "hang": [Reply((Say("Part."),), ending="hangs")],
        "fail": [Reply(ending="failed")],
        "cut": [Reply((Say("Part."),), ending="cut")],
    },
    compaction=says("All was said."),
)


def message(text: str) -> dict[str, object]:
    """Return a response item that is a user's message."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def hung(codex: CodexServer, thread_id: str) -> str:
    """Start a turn that hangs after its first item, and return its id when that item is there."""
    since = codex.rpc.mark()
    turn_id = codex.threads.begin_turn(thread_id, "hang")

    def has_part(told: Notification) -> bool:
        if told.method != "item/completed" or told.params["turnId"] != turn_id:
            return False
        return bool(told.params["item"]["type"] == "agentMessage")

    codex.rpc.wait_for(has_part, "the first item of a turn that hangs", since=since)
    return turn_id


def kinds(codex: CodexServer, thread_id: str) -> list[str]:
    """Return the kinds of a thread's own lines: of an event or a response item its own type."""
    records = codex.home.lines(thread_id).records
    inner = ("event_msg", "response_item")
    return [record.payload["type"] if record.type in inner else record.type for record in records]


def texts(codex: CodexServer, thread_id: str) -> list[str]:
    """Return the texts of a thread's messages, those that Codex puts in before the first turn left out."""
    found = [
        "".join(part.get("text", "") for part in record.payload["content"])
        for record in codex.home.history(thread_id).records
        if record.type == "response_item" and record.payload["type"] == "message"
        if record.payload["role"] in ("user", "assistant")
    ]
    return [text for text in found if not text.startswith("<")]


def originators(codex: CodexServer, thread_id: str) -> set[str | None]:
    """Return every originator that a thread's first line and its requests carry."""
    meta = codex.home.lines(thread_id).records[0].payload
    return {meta["originator"], *(request.originator for request in codex.responses.requests(thread_id))}
