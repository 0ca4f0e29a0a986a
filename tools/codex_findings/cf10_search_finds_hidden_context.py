"""A search finds threads by text that nobody wrote and nobody sees.

What a user sees: searching for `shell`, or for a piece of the project's path, finds every thread there is, with a
snippet of the environment description that Codex puts before the first message. No turn shows that text.

Expected by SEARCH-1: what is searched is what was said, by the user and the agent, and no instructions.
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Run a turn, and search for a word of the context that goes before it."""
    thread = codex.start()
    codex.turn(thread, "hello")
    results = codex.walk("thread/search", searchTerm="shell")
    shown = "shell" in str(codex.read(thread, includeTurns=True)["turns"])
    seen = f"turns contain 'shell': {shown}; found: {[result['snippet'][:40] for result in results]}"
    return present(seen) if results and not shown else absent(seen)


if __name__ == "__main__":
    report(found)
