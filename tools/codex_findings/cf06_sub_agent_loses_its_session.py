"""A sub-agent's session is its own in one answer and its root's in another.

What a user sees: `sessionId` ties the threads of one session together. A sub-agent's rollout and a resume name the
root's session; a list and a read of the cold thread name the sub-agent itself, so that it falls out of its
session wherever threads are grouped by those.

Expected by FORK-2: a sub-agent's session is its spawner's.
"""

from bare import ALL_SOURCES, Codex, Outcome, absent, present, report
from spawning import spawn


def found(codex: Codex) -> Outcome:
    """Spawn a sub-agent, and compare the session in its rollout, in a read, in the list and in a resume."""
    root = codex.start()
    codex.turn(root, "one")
    agent = spawn(codex, root)
    codex.stop()
    names = {root: "the root's", agent: "its own"}
    said = {
        "rollout": codex.lines(agent)[0]["payload"]["session_id"],
        "read": codex.read(agent)["sessionId"],
        "list": codex.listed(sourceKinds=ALL_SOURCES)[agent]["sessionId"],
        "resume": codex.call("thread/resume", threadId=agent)["thread"]["sessionId"],
    }
    seen = ", ".join(f"{place}: {names[session]}" for place, session in said.items())
    return present(seen) if len(set(said.values())) > 1 else absent(seen)


if __name__ == "__main__":
    report(found)
