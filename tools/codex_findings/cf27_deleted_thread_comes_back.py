"""A deleted thread is back when a second file of it lies in the home.

What a user sees: a rollout was once copied within the home (a backup, a sync program). They delete the thread, are told
that it worked, and it is still listed and can be read.

Expected by DEL-1: after a delete no read and no listing finds the thread.
Upstream: openai/codex#43017 (the same id in two files).
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run a turn, copy the rollout under another day, restart, delete, restart, read and list."""
    thread = codex.start()
    codex.turn(thread, "hello")
    codex.stop()
    path = codex.rollout(thread)
    copy = path.with_name(f"rollout-2025-01-01T00-00-00-{thread}.jsonl")
    copy.write_bytes(path.read_bytes())
    refusal = codex.refusal("thread/delete", threadId=thread)
    codex.stop()
    reading = codex.refusal("thread/read", threadId=thread)
    listed = thread in codex.listed()
    seen = f"delete: {refusal or 'accepted'}; after it, read: {reading or 'answers'}, listed: {listed}"
    return present(seen) if refusal is None and (reading is None or listed) else absent(seen)


if __name__ == "__main__":
    report(found)
