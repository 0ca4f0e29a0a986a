"""A sub-agent that was given the whole conversation shows none of it.

What a user sees: an agent is spawned with the conversation so far. In legacy mode its turns are shown before the
agent's own; in paginated mode the agent begins with its own task, though its model reads what came before.

Expected by FORK-2b: a sub-agent with the full history has every event of the history, the user's words among them.
"""

from bare import Codex, Outcome, absent, present, report
from spawning import TASK, spawn


def found(codex: Codex) -> Outcome:
    """Run a turn, spawn an agent with the whole history, and look at what it shows and what its model was sent."""
    root = codex.start()
    codex.turn(root, "first words")
    agent = spawn(codex, root, fork_context=True)
    shown = str(codex.read(agent, includeTurns=True)["turns"])
    asked = [str(request["input"]) for request in codex.model.asked]
    sent = any("first words" in text and TASK in text and "function_call_output" not in text for text in asked)
    seen = f"the agent's turns have the task: {TASK in shown}, what came before: {'first words' in shown}; sent: {sent}"
    return present(seen) if TASK in shown and "first words" not in shown else absent(seen)


if __name__ == "__main__":
    report(found)
