"""A thread that was forked cannot be deleted.

What a user sees: they fork a draft, want the draft gone, and are refused for as long as the fork exists: it refers to
the draft's file instead of having a copy. What they wrote stays on the disk. (It looks meant.) Among legacy threads it
is sub-agents, which are paginated (cf21), that cannot be deleted once they were forked.

Expected by DEL-1: delete works on every thread; by FORK-1 a fork does not depend on its source.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Fork a thread, run a turn in the fork, and delete the source."""
    source = codex.start()
    codex.turn(source, "hello")
    fork = codex.call("thread/fork", threadId=source, excludeTurns=True)["thread"]["id"]
    codex.turn(fork, "more")
    refusal = codex.refusal("thread/delete", threadId=source)
    return present(f"the delete is refused: {refusal}") if refusal else absent("the source is deleted")


if __name__ == "__main__":
    report(found)
