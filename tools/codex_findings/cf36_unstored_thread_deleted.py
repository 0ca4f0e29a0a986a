"""A thread that nothing is kept of yet can be deleted, or archived.

What a user sees: they start a thread, say nothing, and delete it: accepted, although no list and no file has it. Later
versions archive such a thread too, which writes it: an empty conversation is among the archived ones from then on.

Expected by DEL-1 and ARCH-1: what is not stored is missing (LIFE-3); a thread is stored with its first item.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Start two threads, see that nothing is kept of them, delete the one and archive the other."""
    deleted, archived = codex.start(), codex.start()
    kept = list(codex.home.rglob("rollout-*"))
    refusals = {
        method: codex.refusal(f"thread/{method}", threadId=thread)
        for method, thread in (("delete", deleted), ("archive", archived))
    }
    seen = ", ".join(f"{method}: {refusal or 'accepted'}" for method, refusal in refusals.items())
    return present(seen) if not kept and None in refusals.values() else absent(seen)


if __name__ == "__main__":
    report(found)
