"""Opening a thread moves it to the top of the list, and writes to its file.

What a user sees: they look into an old conversation without typing anything, and the list by last update has it first
from then on.

Expected by RESUME-2: a resume changes neither history nor metadata nor a timestamp.
Upstream: openai/codex#46383.
"""

from bare import Codex, Outcome, absent, present, report
from clock import pass_seconds


def found(codex: Codex) -> Outcome:
    """Run a turn, restart, resume without a turn, restart, and compare the list and the file with those before."""
    thread = codex.start()
    codex.turn(thread, "hello")
    codex.stop()
    before, lines = codex.listed()[thread]["updatedAt"], codex.lines(thread)
    pass_seconds()
    codex.call("thread/resume", threadId=thread)
    codex.stop()
    moved = codex.listed()[thread]["updatedAt"] - before
    added = [line["payload"].get("type", line["type"]) for line in codex.lines(thread)[len(lines) :]]
    seen = f"the last update moved by {moved} s; lines added: {added}"
    return present(seen) if moved else absent(seen)


if __name__ == "__main__":
    report(found)
