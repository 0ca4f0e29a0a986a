"""Taking back an archived thread fails where nothing was said in it.

What a user sees: they name a new thread, archive it before they say anything in it, and take it back: an internal
error, `failed to read unarchived thread`, though the file has been moved back.

Expected by ARCH-1: unarchiving makes the thread active again, and answers with it.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Name a thread that nothing was said in, archive it, take it back, and see where its file is then."""
    thread = codex.start()
    codex.call("thread/name/set", threadId=thread, name="holiday plans")
    codex.call("thread/archive", threadId=thread)
    refusal = codex.refusal("thread/unarchive", threadId=thread)
    folder = codex.rollout(thread).relative_to(codex.home).parts[0] if refusal else "-"
    seen = f"unarchive: {(refusal or 'accepted')[:90]}, its file is then in {folder}"
    return present(seen) if refusal else absent(seen)


if __name__ == "__main__":
    report(found)
