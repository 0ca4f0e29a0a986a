"""Nothing is kept of a sub-agent that an ephemeral thread spawned.

What a user sees: the agent that they sent off from an ephemeral conversation can be neither listed nor resumed, and is
gone with the process, with all that it did.

Expected by FORK-2: when a spawn returns, the sub-agent is visible; an ephemeral thread can spawn.
"""

import json

from bare import ALL_SOURCES, Codex, Outcome, absent, present, report
from spawning import TASK


def found(codex: Codex) -> Outcome:
    """Spawn a sub-agent of an ephemeral thread, wait for its turn, list all threads, resume the agent."""
    root = codex.start(ephemeral=True)
    call = {"type": "function_call", "id": "fc_spawn", "call_id": "call_spawn", "name": "spawn_agent"}
    call |= {"namespace": "multi_agent_v1", "arguments": json.dumps({"message": TASK})}
    codex.model.script["spawn"] = [[call]]
    codex.turn(root, "spawn")
    agents = [thread for thread in codex.call("thread/loaded/list")["data"] if thread != root]
    if len(agents) != 1:
        return absent(f"{len(agents)} sub-agents are loaded")
    listed = agents[0] in codex.listed(sourceKinds=ALL_SOURCES)
    refusal = codex.refusal("thread/resume", threadId=agents[0])
    seen = f"listed: {listed}, resume: {refusal or 'accepted'}, ephemeral: {codex.read(agents[0])['ephemeral']}"
    return present(seen) if not listed and refusal else absent(seen)


if __name__ == "__main__":
    report(found)
