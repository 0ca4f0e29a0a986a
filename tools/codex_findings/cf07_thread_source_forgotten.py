"""The source that a client gives its thread is forgotten in later answers.

What a user sees: a client marks its threads with `threadSource` and cannot find them again by it: the answer of the
start has the mark and the rollout keeps it, but the list says null, and in legacy mode a read does too.

Expected by READ-1: what the caller told when a thread was made, thread source included, is what a read shows.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Start a thread with a source of its own, run a turn, and look where the source is still shown."""
    thread = codex.start(threadSource="my_product")
    codex.turn(thread, "hello")
    said = {
        "rollout": codex.lines(thread)[0]["payload"].get("thread_source"),
        "read": codex.read(thread)["threadSource"],
        "list": codex.listed()[thread]["threadSource"],
    }
    seen = ", ".join(f"{place}: {source}" for place, source in said.items())
    return present(seen) if {said["read"], said["list"]} != {"my_product"} else absent(seen)


if __name__ == "__main__":
    report(found)
