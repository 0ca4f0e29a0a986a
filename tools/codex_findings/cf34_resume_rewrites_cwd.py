"""Opening a thread from another directory moves the thread there.

What a user sees: they resume a conversation from another folder, only to look at it. From then on a read says that
the thread belongs to that folder, and asked for the index alone the list of its own folder lacks it. In paginated mode
the provider is rewritten in the same way.

Expected by RESUME-2: the directory and the provider of a session are the caller's, and the stored ones stay.
Upstream: openai/codex#4791, openai/codex#4703.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run a turn, restart, resume with another directory and provider, restart, read and list."""
    thread = codex.start()
    codex.turn(thread, "hello")
    codex.stop()
    before = codex.read(thread)
    codex.call("thread/resume", threadId=thread, cwd="/usr", modelProvider="other")
    codex.stop()
    after = codex.read(thread)
    listed = thread in codex.listed(cwd=before["cwd"], modelProviders=[], useStateDbOnly=True)
    changed = {name: after[name] for name in ("cwd", "modelProvider") if before[name] != after[name]}
    seen = f"rewritten: {changed}; in the index's list of its own folder: {listed}"
    return present(seen) if changed else absent(seen)


if __name__ == "__main__":
    report(found)
