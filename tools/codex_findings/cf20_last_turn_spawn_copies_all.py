"""A sub-agent that is to get the last turn gets the whole conversation.

What a user sees: the model spawns a sub-agent with `fork_turns: "1"`, and the sub-agent is sent every turn of the
parent from the first on: text that was to be left out, and tokens that are paid for.

Expected by FORK-2b: a spawn with the last n turns copies from the n-th turn from the end on.
"""

import json

from bare import Codex, Outcome, absent, present, report
from spawning import TASK, spawn


def found(codex: Codex) -> Outcome:
    """Run two turns, spawn a sub-agent with the last turn in a third, and look at what its model is sent."""
    codex.named_agents = True
    parent = codex.start()
    codex.turn(parent, "first things")
    codex.turn(parent, "second things")
    spawn(codex, parent, fork_turns="1")
    sent = next(body["input"] for body in codex.model.asked if TASK in json.dumps(body["input"][-1]))
    copied = [word for word in ("first things", "second things", "spawn") if f'"{word}"' in json.dumps(sent)]
    seen = f"asked for 1 turn; of the parent's messages its model reads {copied}"
    return present(seen) if "first things" in copied else absent(seen)


if __name__ == "__main__":
    report(found)
