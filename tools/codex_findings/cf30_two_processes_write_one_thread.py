"""Two processes can have the same thread open, and each writes without knowing of the other.

What a user sees: a thread is open in two programs. Both accept turns; each model knows nothing of what was said in the
other program, and after a restart the thread is a mixture of both.

Expected by RESUME-3: nothing is opened twice; for a writer, by LIFE-4, a thread that is live elsewhere is busy.
Upstream: openai/codex#33241.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run a turn in one process, resume the thread in another on the same home, and run a turn in both."""
    thread = codex.start()
    codex.turn(thread, "one")
    with Codex(codex.binary, codex.history) as other:
        other.home = codex.home
        refusal = other.refusal("thread/resume", threadId=thread)
        if refusal:
            return absent(f"the second process is refused: {refusal}")
        other.turn(thread, "said in the second")
        codex.turn(thread, "said in the first")
    knows = "said in the second" in str(codex.model.asked[-1]["input"])
    codex.stop()
    turns = len(codex.read(thread, includeTurns=True)["turns"])
    seen = f"both processes accept turns; the first model reads what the second was told: {knows}; {turns} turns in all"
    return present(seen) if not knows else absent(seen)


if __name__ == "__main__":
    report(found)
