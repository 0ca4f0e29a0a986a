"""A thread without a message is in no list until it is archived.

What a user sees: they name a new thread before they say anything in it. The list does not show it, whatever is
asked for; once it is archived, the list of the archived ones does, and after it is taken back it is in no list
again.

Expected by LIST-1 and ARCH-1: archiving moves a thread from one list to the other, and changes nothing else.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Name a thread that nothing was said in, and look for it in both lists before, while and after it is archived."""
    thread = codex.start()
    codex.call("thread/name/set", threadId=thread, name="holiday plans")
    before = thread in codex.listed()
    codex.call("thread/archive", threadId=thread)
    archived = thread in codex.listed(archived=True)
    codex.refusal("thread/unarchive", threadId=thread)
    after = thread in codex.listed()
    seen = f"listed before: {before}, among the archived ones: {archived}, after: {after}"
    return present(seen) if archived and not before else absent(seen)


if __name__ == "__main__":
    report(found)
