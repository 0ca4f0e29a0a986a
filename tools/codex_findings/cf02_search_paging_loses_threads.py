"""Walking the results of a search page by page loses threads made in the same second.

What a user sees: a search finds six threads when all are asked for at once, and fewer when they are asked for two at a
time. It is the fault of the default list, in another call: the cursor is a whole second.

Expected by SEARCH-1: a search is paged as a list is, and by LIST-3 a walk visits every thread whatever the page size.
Upstream: openai/codex#43017.
"""

from bare import Codex, Outcome, absent, present, report
from clock import begin_second


def found(codex: Codex) -> Outcome:
    """Make six threads at once, and search for their word at once and by twos."""
    codex.call("thread/loaded/list")
    begin_second()
    made = [codex.start() for _ in range(6)]
    for thread in made:
        codex.turn(thread, "pineapple")
    pages = [codex.walk("thread/search", searchTerm="pineapple", limit=limit) for limit in (100, 2)]
    whole, by_twos = ({result["thread"]["id"] for result in page} for page in pages)
    seen = f"one page of the search has {len(whole)} threads, pages of two have {len(by_twos)}"
    return present(seen) if whole == set(made) != by_twos else absent(seen)


if __name__ == "__main__":
    report(found)
