"""An archived thread cannot be forked.

What a user sees: to try something from an old conversation they must unarchive it, fork it, and archive it again,
which moves its last update. (The refusal says so itself: it looks meant.)

Expected by FORK-1: the source of a fork may be archived.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Archive a thread that has a turn, and fork it."""
    source = codex.start()
    codex.turn(source, "hello")
    codex.call("thread/archive", threadId=source)
    refusal = codex.refusal("thread/fork", threadId=source, excludeTurns=True)
    return present(f"the fork is refused: {refusal}") if refusal else absent("the fork is made")


if __name__ == "__main__":
    report(found)
