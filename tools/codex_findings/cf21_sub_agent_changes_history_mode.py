"""A sub-agent of a legacy thread is paginated.

What a user sees: a client that starts its threads with `historyMode: "legacy"`, for the sake of older programs that
read the same home, gets sub-agents whose rollouts those programs cannot read.

Expected by FORK-2: what the copied items do not say, history mode included, is the spawner's.
"""

from bare import Codex, Outcome, absent, present, report
from spawning import spawn


def found(codex: Codex) -> Outcome:
    """Spawn a sub-agent without history, and compare the history modes in the two rollouts."""
    parent = codex.start()
    codex.turn(parent, "hello")
    agent = spawn(codex, parent)
    modes = [codex.lines(thread)[0]["payload"].get("history_mode", "legacy") for thread in (parent, agent)]
    seen = f"the parent is {modes[0]}, its sub-agent is {modes[1]}"
    return present(seen) if modes[0] != modes[1] else absent(seen)


if __name__ == "__main__":
    report(found)
