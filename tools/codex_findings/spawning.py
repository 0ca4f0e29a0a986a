"""How a finding has a thread spawn a sub-agent: the model calls the tool for it in a turn."""

from __future__ import annotations

import json
import time
from typing import Any

from bare import PATIENCE, Codex

#: The task that every sub-agent gets.
TASK = "look into it"


def spawn(codex: Codex, thread: str, **arguments: Any) -> str:
    """Run a turn in which a sub-agent is spawned, and return its id when its own turn has ended."""
    named = {"task_name": "helper"} if codex.named_agents else {}
    call = {
        "type": "function_call",
        "id": "fc_spawn",
        "call_id": "call_spawn",
        "name": "spawn_agent",
        "namespace": "collaboration" if codex.named_agents else "multi_agent_v1",
        "arguments": json.dumps({"message": TASK, **named, **arguments}),
    }
    codex.model.script["spawn"] = [[call]]
    codex.turn(thread, "spawn")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for path in codex.home.rglob("rollout-*.jsonl"):
            lines = path.read_text(encoding="utf-8").splitlines()
            meta = json.loads(lines[0])["payload"] if lines else {}
            if meta.get("parent_thread_id") == thread and '"task_complete"' in lines[-1]:
                return str(meta["id"])
        time.sleep(0.05)
    raise RuntimeError("no sub-agent has come to the end of its task")
