"""A fork is shown under one text when it is open and under another in the list.

What a user sees: opened, the fork's preview is the first message of the conversation that was forked; in the list it
is the first message that was sent in the fork itself.

Expected by FORK-1d: the preview follows from the copied items; and by LIST-1 the list shows what a read shows.
Upstream: openai/codex#20165 (read and list disagree).
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Fork a thread, resume the fork in a new process, run a turn, and compare the previews."""
    source = codex.start()
    codex.turn(source, "first of all")
    fork = codex.call("thread/fork", threadId=source, excludeTurns=True)["thread"]["id"]
    codex.stop()
    codex.call("thread/resume", threadId=fork, excludeTurns=True)
    codex.turn(fork, "in the fork")
    read, listed = codex.read(fork)["preview"], codex.listed()[fork]["preview"]
    seen = f"read: {read!r}, list: {listed!r}"
    return present(seen) if read != listed else absent(seen)


if __name__ == "__main__":
    report(found)
