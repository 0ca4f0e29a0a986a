"""Archiving a thread and taking it back makes it the most recently updated one.

What a user sees: a thread of last week, archived by mistake and brought back at once, stands at the top of the list by
last update. (It looks meant: so that it can be found again.)

Expected by ARCH-1: archiving can be taken back without a trace; the last update stays as it is.
"""

from bare import Codex, Outcome, absent, present, report
from clock import pass_seconds


def found(codex: Codex) -> Outcome:
    """Run a turn in two threads, archive and unarchive the older one, and list by last update."""
    older, newer = codex.start(), codex.start()
    codex.turn(older, "hello")
    pass_seconds()
    codex.turn(newer, "hello")
    pass_seconds()
    before = codex.listed()[older]["updatedAt"]
    codex.call("thread/archive", threadId=older)
    codex.call("thread/unarchive", threadId=older)
    order = [thread["id"] for thread in codex.walk(sortKey="updated_at")]
    moved = codex.listed()[older]["updatedAt"] - before
    seen = f"the last update moved by {moved} s; first in the list by last update: {order[0] == older}"
    return present(seen) if moved else absent(seen)


if __name__ == "__main__":
    report(found)
