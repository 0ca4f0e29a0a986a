"""Archiving an archived thread is answered as if the thread did not exist.

What a user sees: two windows archive the same thread, and the second is told `no rollout found for thread id …`, the
words for a thread that is gone, which clients match on; so for unarchiving an active one, and for naming an archived
one. A read of the thread answers at the same time.

Expected by ARCH-1b (SHOULD): it is refused as an invalid request about a thread that exists, not as a missing one.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Archive a thread twice, name it, read it, unarchive it twice; ask the same of a thread that never was."""
    thread = codex.start()
    codex.turn(thread, "hello")
    never = "01900000-0000-7000-8000-000000000000"
    codex.call("thread/archive", threadId=thread)
    asked = {"archive": {}, "name/set": {"name": "x"}}
    same = {method: _same_refusal(codex, thread, never, f"thread/{method}", **more) for method, more in asked.items()}
    reading = codex.refusal("thread/read", threadId=thread)
    codex.call("thread/unarchive", threadId=thread)
    same["unarchive"] = _same_refusal(codex, thread, never, "thread/unarchive")
    seen = f"read: {reading or 'answers'}; refused with the words for a thread that never was: {same}"
    return present(seen) if reading is None and same["archive"] and same["unarchive"] else absent(seen)


def _same_refusal(codex: Codex, thread: str, never: str, method: str, **more: str) -> bool:
    refusal = codex.refusal(method, threadId=thread, **more)
    unknown = codex.refusal(method, threadId=never, **more)
    return refusal is not None and unknown is not None and refusal == unknown.replace(never, thread)


if __name__ == "__main__":
    report(found)
