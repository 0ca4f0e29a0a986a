"""The list says of a fork that it comes from nowhere.

What a user sees: a client that draws forks below their source from the list draws none: `forkedFromId` is null there,
while reading the same thread names the source.

Expected by LIST-1: each entry of a list equals what reading that thread returns.
Upstream: openai/codex#20165 (read and list disagree).
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Fork a thread, run a turn in the fork, and look at it in a read and in the list."""
    source = codex.start()
    codex.turn(source, "one")
    fork = codex.call("thread/fork", threadId=source, excludeTurns=True)["thread"]["id"]
    codex.turn(fork, "two")
    read, listed = codex.read(fork)["forkedFromId"], codex.listed()[fork]["forkedFromId"]
    seen = f"read names {'the source' if read == source else read}, the list names {listed}"
    return present(seen) if read == source != listed else absent(seen)


if __name__ == "__main__":
    report(found)
