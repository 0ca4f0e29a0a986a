"""A fork of an ephemeral thread is refused as if the thread did not exist.

What a user sees: they fork the ephemeral conversation that is open before them, and are told `no rollout found for
thread id …`, the words for a thread that is gone; its model, which wants to give the conversation to a sub-agent,
is told `no thread with id`. Other calls say what is the matter: `ephemeral thread does not support metadata
updates`.

Expected by FORK-1 and FORK-2: to copy an ephemeral thread is an invalid request about a thread that exists.
"""

import json

from bare import Codex, Outcome, absent, present, report
from spawning import TASK


def found(codex: Codex) -> Outcome:
    """Start an ephemeral thread, run a turn, fork it, let it spawn, name it; fork a thread that never was."""
    thread, never = codex.start(ephemeral=True), "01900000-0000-7000-8000-000000000000"
    codex.turn(thread, "hello")
    loaded = thread in codex.call("thread/loaded/list")["data"]
    fork = codex.refusal("thread/fork", threadId=thread) or "accepted"
    unknown = codex.refusal("thread/fork", threadId=never) or "accepted"
    name = codex.refusal("thread/name/set", threadId=thread, name="x")
    call = {"type": "function_call", "id": "fc_spawn", "call_id": "call_spawn", "name": "spawn_agent"}
    arguments = {"message": TASK, "fork_context": True}
    codex.model.script["spawn"] = [[call | {"namespace": "multi_agent_v1", "arguments": json.dumps(arguments)}]]
    codex.turn(thread, "spawn")
    told = [item["output"] for item in codex.model.asked[-1]["input"] if item["type"] == "function_call_output"]
    seen = f"loaded: {loaded}, fork: {fork}, spawn: {told}, name: {name}"
    return present(seen) if loaded and fork == unknown.replace(never, thread) else absent(seen)


if __name__ == "__main__":
    report(found)
