"""A fork is in no list until it has a turn of its own.

What a user sees: they fork a conversation to come back to it later, and find it nowhere. It has all its turns, and an
empty preview, and so no list shows it, not even after a restart.

Expected by FORK-1: when the call returns, the fork is visible, with what its copied items say (FORK-1d: the preview).
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Fork a thread that has a turn, restart, read and list."""
    source = codex.start()
    codex.turn(source, "hello")
    fork = codex.call("thread/fork", threadId=source, excludeTurns=True)["thread"]["id"]
    codex.stop()
    read, listed = codex.read(fork, includeTurns=True), fork in codex.listed()
    seen = f"the fork has {len(read['turns'])} turn(s) and the preview {read['preview']!r}; listed: {listed}"
    return present(seen) if read["turns"] and not listed else absent(seen)


if __name__ == "__main__":
    report(found)
