"""A fork that ends with a turn copies what came after the turn.

What a user sees: they fork at an early turn to be rid of what followed. A message that was added to the history after
that turn (`thread/inject_items`) is in the fork all the same, and the model reads it.

Expected by FORK-1b: a cut after a turn copies the items up to and including the one that ended the turn.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run a turn, inject a message, run another turn, fork after the first, and look at what the model is sent."""
    source = codex.start()
    first = codex.turn(source, "one")
    codex.inject(source, "a later note")
    codex.turn(source, "a later question")
    fork = codex.call("thread/fork", threadId=source, lastTurnId=first, excludeTurns=True)["thread"]["id"]
    codex.turn(fork, "three")
    sent = str(codex.model.asked[-1]["input"])
    copied = [text for text in ("a later note", "a later question") if text in sent]
    return present(f"the fork's model reads {copied}") if copied else absent("the fork's model reads neither")


if __name__ == "__main__":
    report(found)
