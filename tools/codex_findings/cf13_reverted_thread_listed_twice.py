"""A thread that was reverted and then continued is in the list twice.

What a user sees: after taking back a turn and asking anew, the list has two entries with the same id
and different previews. Pages and counts are off by one for each such thread.

Expected by LIST-1: a listing holds every thread exactly once.
Upstream: openai/codex#43017 (the same id in two files is listed twice).
"""

from bare import Codex, Outcome, absent, not_applicable, present, report


def found(codex: Codex) -> Outcome:
    """Run two turns, take the second back, run another, and count the thread in the list."""
    thread = codex.start()
    codex.turn(thread, "one")
    second = codex.turn(thread, "two")
    refusal = codex.refusal("thread/revert", threadId=thread, beforeTurnId=second)
    if refusal:
        return not_applicable(f"there is no thread/revert here: {refusal[:80]}")
    codex.turn(thread, "three")
    entries = [each["preview"] for each in codex.walk() if each["id"] == thread]
    seen = f"the list has {len(entries)} entries of the thread: {entries}"
    return present(seen) if len(entries) != 1 else absent(seen)


if __name__ == "__main__":
    report(found)
