"""The first record after a torn line is lost.

What a user sees: the machine went down while the rollout's last line was written. They resume the thread and ask
something; later that question stands inside the turn before, because the record that begins its turn was glued to the
torn line, and both are unreadable.

Expected by APPEND-1: every item that was appended comes back; that there is damage before it is no reason.
Upstream: openai/codex#24425.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run a turn, tear off the rollout's last bytes, resume, run another turn, and count the turns."""
    thread = codex.start()
    codex.turn(thread, "one")
    codex.stop()
    path = codex.rollout(thread)
    path.write_bytes(path.read_bytes()[:-20])
    codex.call("thread/resume", threadId=thread)
    codex.turn(thread, "two")
    codex.stop()
    turns = codex.read(thread, includeTurns=True)["turns"]
    starts = path.read_text(encoding="utf-8").count('"task_started"')
    seen = f"2 turns were run; {len(turns)} of {[len(turn['items']) for turn in turns]} items are read ({starts} begun)"
    return present(seen) if len(turns) != 2 else absent(seen)


if __name__ == "__main__":
    report(found)
