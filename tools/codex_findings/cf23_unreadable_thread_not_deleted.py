"""A thread whose file is damaged at the beginning can be neither opened nor deleted.

What a user sees: the rollout was emptied by a crash or a full disk. A list from the index goes on showing the thread;
opening it fails, and so does deleting it, so that the entry stays for good.

Expected by DEL-1: delete removes a thread, and no listing finds it afterwards.
Upstream: openai/codex#31074, openai/codex#14162, openai/codex#24417.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run a turn, empty the rollout, restart, delete, and list by the index."""
    thread = codex.start()
    codex.turn(thread, "hello")
    codex.stop()
    codex.rollout(thread).write_bytes(b"")
    reading = codex.refusal("thread/read", threadId=thread)
    refusal = codex.refusal("thread/delete", threadId=thread)
    listed = thread in codex.listed(useStateDbOnly=True)
    told = "refused" if refusal else "accepted"
    seen = f"read is {'refused' if reading else 'answered'}, delete is {told}, listed after it: {listed}"
    return present(f"{seen} ({refusal})") if refusal and listed else absent(seen)


if __name__ == "__main__":
    report(found)
