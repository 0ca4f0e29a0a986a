"""A thread with a line that is no UTF-8 can be read and is in no list.

What a user sees: after a few bad bytes got into its rollout, a thread is gone from the list, although reading it by its
id works. A line of garbage that is ASCII does no such harm.

Expected by LIST-1: a listing holds every thread that can be read.
Upstream: openai/codex#20165 (opened by id, not listed).
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run a turn, put a line of bad bytes after the rollout's first line, restart, read and list."""
    thread = codex.start()
    codex.turn(thread, "hello")
    codex.stop()
    path = codex.rollout(thread)
    first, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(first + b"\n\xff\xfe\n" + rest)
    refusal = codex.refusal("thread/read", threadId=thread)
    listed = thread in codex.listed()
    seen = f"read: {refusal or 'answers'}; listed: {listed}"
    return present(seen) if refusal is None and not listed else absent(seen)


if __name__ == "__main__":
    report(found)
