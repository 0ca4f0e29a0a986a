"""The model is told in a fork that the user interrupted a turn, which nobody did.

What a user sees: a client adds a message to an idle thread's history (`thread/inject_items`) and forks it. The fork's
history ends with a `turn_aborted` event and a message that says that the user interrupted the previous turn on
purpose, and the model reads that before the next prompt.

Expected by FORK-1b: no such message and no such event is added when no turn was unfinished; a turn is unfinished only
between its start and its end (TURN-1).
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run a turn to its end, inject a message, fork, run a turn in the fork, and look at what the model was sent."""
    source = codex.start()
    codex.turn(source, "one")
    codex.inject(source, "a note")
    fork = codex.call("thread/fork", threadId=source, excludeTurns=True)["thread"]["id"]
    codex.turn(fork, "two")
    said = [item["content"][-1]["text"] for item in codex.model.asked[-1]["input"] if item.get("role") == "user"]
    told = [text for text in said if text.startswith("<turn_aborted>")]
    seen = f"the model reads, between 'a note' and 'two': {[text[:70] for text in told]}"
    return present(seen) if told else absent(seen)


if __name__ == "__main__":
    report(found)
