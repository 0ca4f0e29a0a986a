"""Every call of `ThreadCalls` with every parameter, and what would be sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from threadstore_backends.codex.calls import ThreadCalls

CALLS: dict[str, Callable[[ThreadCalls], object]] = {
    "thread/start": lambda threads: threads.start(
        "/w",
        history_mode="legacy",
        service_name="s",
        thread_source="t",
        base_instructions="b",
        dynamic_tools=[],
        selected_capability_roots=[],
        ephemeral=True,
    ),
    "thread/resume": lambda threads: threads.resume("a", path="/p", cwd="/w"),
    "thread/fork": lambda threads: threads.fork(
        "a", path="/p", last_turn_id="t", cwd="/w", thread_source="s", ephemeral=True
    ),
    "thread/inject_items": lambda threads: threads.inject("a", [{}]),
    "turn/start": lambda threads: threads.begin_turn("a", "hi"),
    "turn/interrupt": lambda threads: threads.interrupt("a", "t"),
    "thread/rollback": lambda threads: threads.rollback("a", 1),
    "thread/revert": lambda threads: threads.revert("a", "t"),
    "thread/read": lambda threads: threads.read("a", include_turns=True),
    "thread/list": lambda threads: threads.list(
        limit=1,
        cursor="c",
        sort_key="created_at",
        sort_direction="asc",
        model_providers=[],
        source_kinds=[],
        cwd=["/w"],
        archived=True,
        search_term="s",
        parent_thread_id="p",
        ancestor_thread_id="q",
        use_state_db_only=True,
    ),
    "thread/search": lambda threads: threads.search("s", limit=1, cursor="c"),
    "thread/loaded/list": lambda threads: threads.loaded(),
    "thread/name/set": lambda threads: threads.set_name("a", "n"),
    "thread/metadata/update": lambda threads: threads.set_git("a", {"sha": None}),
    "thread/memoryMode/set": lambda threads: threads.set_memory_mode("a", "disabled"),
    "thread/archive": lambda threads: threads.archive("a"),
    "thread/unarchive": lambda threads: threads.unarchive("a"),
    "thread/delete": lambda threads: threads.delete("a"),
}

#: The version that is said to answer.
VERSION = "0.9.0"

THREAD: dict[str, Any] = {
    "id": "a",
    "sessionId": "s",
    "preview": "p",
    "historyMode": "legacy",
    "modelProvider": "mock",
    "createdAt": 1,
    "updatedAt": 2,
    "recencyAt": 3,
    "cwd": "/w",
    "cliVersion": "v",
    "source": "vscode",
    "status": {"type": "idle"},
    "ephemeral": False,
    "path": "/p",
    "name": None,
    "gitInfo": {"sha": "x"},
    "forkedFromId": "f",
    "parentThreadId": None,
    "threadSource": "user",
    "agentNickname": None,
    "agentRole": None,
    "turns": [{"id": "t", "status": "failed", "error": {"message": "why"}}],
    "new": 1,
}


class RecordingRpc:
    """Takes calls in the place of a process, and answers each with all that any of them needs."""

    def __init__(self, absent: str = "") -> None:
        self._thread = {name: value for name, value in THREAD.items() if name != absent}
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self.sent.append((method, params))
        thread = self._thread
        data = {"thread/list": [thread], "thread/search": [{"thread": thread, "snippet": "…s…"}]}.get(method, ["a"])
        # A list of loaded threads goes on once.
        cursor = "next" if method == "thread/loaded/list" and "cursor" not in params else None
        return {"thread": thread, "turn": {"id": "t"}, "data": data, "nextCursor": cursor}


def sent_by(
    call: Callable[[ThreadCalls], object], *, absent: str = ""
) -> tuple[object, list[tuple[str, dict[str, Any]]]]:
    """Return what a call returns, and what it sends; a member of every thread may be absent."""
    rpc = RecordingRpc(absent)
    return call(ThreadCalls(rpc, VERSION)), rpc.sent  # type: ignore[arg-type]
