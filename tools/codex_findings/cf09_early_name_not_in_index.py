"""A name given before the first message is not found by the index.

What a user sees: a client names a thread when it starts it. A list by that name finds it, and the same list with
`useStateDbOnly` does not: the first message has overwritten the name in the database.

Expected by LIST-7: asking the index alone gives the same page as asking without that, where the index is healthy.
Upstream: openai/codex#10462, openai/codex#16280 (search by name fails).
"""

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Name a thread, run its first turn, and list by the name with the index alone and without."""
    thread = codex.start()
    codex.call("thread/name/set", threadId=thread, name="holiday plans")
    codex.turn(thread, "hello")
    whole, index = (thread in codex.listed(searchTerm="holiday", useStateDbOnly=only) for only in (False, True))
    seen = f"named {codex.read(thread)['name']!r}; list by name finds it: {whole}, by the index alone: {index}"
    return present(seen) if whole and not index else absent(seen)


if __name__ == "__main__":
    report(found)
