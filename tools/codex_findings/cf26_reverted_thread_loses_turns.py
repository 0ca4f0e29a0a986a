"""A reverted thread loses the turns before the revert when the history index is rebuilt.

What a user sees: they took back their second turn and asked anew. After `thread_history_1.sqlite` was lost, the first
turn is shown no more, not even when the thread is resumed. The model still reads it: it answers from a conversation
that the user cannot see.

Expected by RESUME-1: the turns of a resumed thread are what its history says.
Upstream: openai/codex#38792 (a derived index that is stale for good).
"""

from bare import Codex, Outcome, absent, not_applicable, present, report


def found(codex: Codex) -> Outcome:
    """Run two turns, take the second back, run a third, lose every database, resume, run a fourth, read the turns."""
    thread = codex.start()
    codex.turn(thread, "one")
    second = codex.turn(thread, "two")
    refusal = codex.refusal("thread/revert", threadId=thread, beforeTurnId=second)
    if refusal:
        return not_applicable(f"there is no thread/revert here: {refusal[:80]}")
    codex.turn(thread, "three")
    codex.stop()
    for path in codex.home.glob("*.sqlite*"):
        path.unlink()
    codex.call("thread/resume", threadId=thread, excludeTurns=True)
    codex.turn(thread, "four")
    shown = [turn["items"][0]["content"][0]["text"] for turn in codex.read(thread, includeTurns=True)["turns"]]
    sent = str(codex.model.asked[-1]["input"])
    seen = f"turns shown: {shown}; the model reads 'one': {repr('one') in sent}"
    return present(seen) if "one" not in shown else absent(seen)


if __name__ == "__main__":
    report(found)
