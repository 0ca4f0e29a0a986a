"""One file with bytes that are no UTF-8 makes every search fail.

What a user sees: a disk fault, or a program that was cut off, left a few bad bytes in the rollout of one old thread.
From then on a search for any word that is in that file as well is an internal error, for all threads.

Expected by APPEND-6: threads do not touch each other; a damaged one is no reason not to find another.
Upstream: openai/codex#28139 (one malformed file fails what concerns the others).
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run a turn in two threads, damage the file of one, and search for a word of both."""
    damaged, sound = codex.start(), codex.start()
    for thread in (damaged, sound):
        codex.turn(thread, "pineapple")
    codex.stop()
    path = codex.rollout(damaged)
    first, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(first + b"\n\xff\xfe\n" + rest)
    refusal = codex.refusal("thread/search", searchTerm="pineapple")
    if refusal:
        return present(f"search is refused: {refusal}")
    return absent(f"the search finds {len(codex.walk('thread/search', searchTerm='pineapple'))} of 2")


if __name__ == "__main__":
    report(found)
