"""A list with limit 0 answers one thread.

What a user sees: a client that asks for no threads, only for whether there is a next page, gets one thread, and walks
one at a time.

Expected by LIST-4: a page size of 0 is refused, or gives an empty page, and nothing else.
"""

from bare import Codex, Outcome, Refused, absent, present, report


def found(codex: Codex) -> Outcome:
    """Make two threads, and list with limit 0."""
    for _ in range(2):
        codex.turn(codex.start(), "hello")
    try:
        listed = len(codex.call("thread/list", limit=0)["data"])
    except Refused as refused:
        return absent(f"limit 0 is refused: {refused}")
    seen = f"limit 0 answers {listed} thread(s) of 2"
    return present(seen) if listed else absent(seen)


if __name__ == "__main__":
    report(found)
