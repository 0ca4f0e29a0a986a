"""The list by recency says of a sub-agent that it has no parent.

What a user sees: a client draws agents below the thread that spawned them. Sorted by last activity, which is how
threads are shown by default, the list has `parentThreadId` null for each, and so it has when only the index is
asked; sorted by creation the same list names the parent, and so does a read.

Expected by LIST-1: each entry of a list equals what reading that thread returns, in whatever order it is asked
for.
"""

from bare import ALL_SOURCES, Codex, Outcome, absent, present, report
from spawning import spawn


def found(codex: Codex) -> Outcome:
    """Spawn a sub-agent, and look for its parent in the lists by each time, and in a read."""
    root = codex.start()
    codex.turn(root, "one")
    agent = spawn(codex, root)
    keys = ("created_at", "updated_at", "recency_at")
    said = {key: codex.listed(sourceKinds=ALL_SOURCES, sortKey=key)[agent]["parentThreadId"] for key in keys}
    said |= {"read": codex.read(agent)["parentThreadId"]}
    seen = ", ".join(f"{place}: {'the parent' if parent == root else parent}" for place, parent in said.items())
    return present(seen) if said["read"] == root and None in said.values() else absent(seen)


if __name__ == "__main__":
    report(found)
