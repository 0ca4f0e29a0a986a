"""Setting a branch or the memory mode counts as an update of the conversation.

What a user sees: a program that corrects the git branch of old threads, or takes them out of memory, makes them the
most recently updated ones in the list. Naming a thread does not.

Expected by PATCH-4: no timestamp changes that the patch does not name.
"""

from typing import Any

from bare import Codex, Outcome, absent, present, report
from clock import pass_seconds

PATCHES: dict[str, tuple[str, dict[str, Any]]] = {
    "name": ("thread/name/set", {"name": "holiday plans"}),
    "branch": ("thread/metadata/update", {"gitInfo": {"branch": "trunk"}}),
    "memory mode": ("thread/memoryMode/set", {"mode": "disabled"}),
}


def found(codex: Codex) -> Outcome:
    """Run a turn, then set one thing after the other, and see by how much each moves the last update in the list."""
    thread = codex.start()
    codex.turn(thread, "hello")
    moved = {}
    for what, (method, more) in PATCHES.items():
        before = codex.listed()[thread]["updatedAt"]
        pass_seconds()
        codex.call(method, threadId=thread, **more)
        moved[what] = codex.listed()[thread]["updatedAt"] - before
    seen = ", ".join(f"{what}: {seconds} s" for what, seconds in moved.items())
    return present(f"moved by {seen}") if any(moved.values()) else absent(f"moved by {seen}")


if __name__ == "__main__":
    report(found)
