"""A fork is taken out of memory when it is named, because its source was.

What a user sees: they keep a thread out of memory and fork it. The fork is like any new thread; but as soon as it is
given a name, it is kept out of memory too, which nobody asked for and nothing tells of.

Expected by FORK-1d: of the metadata of its source a fork has its name alone.
"""

import sqlite3

from bare import Codex, Outcome, absent, present, report


def memory_mode(codex: Codex, thread: str) -> str:
    """Return what the index says of a thread's memory mode, which no call tells."""
    with sqlite3.connect(f"file:{codex.home / 'state_5.sqlite'}?mode=ro", uri=True) as database:
        [mode] = database.execute("SELECT memory_mode FROM threads WHERE id = ?", (thread,)).fetchone()
        return str(mode)


def found(codex: Codex) -> Outcome:
    """Take a thread out of memory, restart, resume and fork it, name the fork, and see what the index says of it."""
    source = codex.start()
    turn = codex.turn(source, "hello")
    codex.turn(source, "more")
    codex.call("thread/memoryMode/set", threadId=source, mode="disabled")
    seen = []
    for how in ({}, {"lastTurnId": turn}):
        fork = codex.call("thread/fork", threadId=source, excludeTurns=True, **how)["thread"]["id"]
        before = memory_mode(codex, fork)
        codex.call("thread/name/set", threadId=fork, name="another try")
        seen.append((before, memory_mode(codex, fork)))
    return present(str(seen)) if any(a != b for a, b in seen) else absent(str(seen))


if __name__ == "__main__":
    report(found)
