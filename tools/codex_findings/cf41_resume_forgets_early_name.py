"""Joining a thread that was named before its first message shows it without a name.

What a user sees: they start a thread and name it at once; a second window that resumes it shows no name, although
a read of the same thread has it.

Expected by RESUME-3: a resume of a loaded thread answers with the thread as it is, its name included.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Start a thread, name it, resume it while it is loaded, and read it."""
    thread = codex.start()
    codex.call("thread/name/set", threadId=thread, name="holiday plans")
    resumed = codex.call("thread/resume", threadId=thread)["thread"]["name"]
    read = codex.read(thread)["name"]
    seen = f"read says {read!r}, resume says {resumed!r}"
    return present(seen) if read != resumed else absent(seen)


if __name__ == "__main__":
    report(found)
