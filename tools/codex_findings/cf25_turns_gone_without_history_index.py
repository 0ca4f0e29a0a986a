"""Threads are shown empty when the history index is lost, though their files are whole.

What a user sees: after `thread_history_1.sqlite` was lost, opening a thread to read it shows no turn at all. Its
rollout has every line. Only a resume of the thread brings the turns back.

Expected by LOCAL-2: without databases the conversation is still all there.
Upstream: openai/codex#38792 (a derived index that is stale for good).
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run two turns, lose every database, and read the turns before and after a resume."""
    thread = codex.start()
    for text in ("one", "two"):
        codex.turn(thread, text)
    codex.stop()
    for path in codex.home.glob("*.sqlite*"):
        path.unlink()
    read = len(codex.read(thread, includeTurns=True)["turns"])
    paged = len(codex.walk("thread/turns/list", threadId=thread))
    codex.call("thread/resume", threadId=thread, excludeTurns=True)
    resumed = len(codex.read(thread, includeTurns=True)["turns"])
    seen = f"2 turns were run; read without databases: {read}, by thread/turns/list: {paged}, after a resume: {resumed}"
    return present(seen) if read != 2 != paged else absent(seen)


if __name__ == "__main__":
    report(found)
