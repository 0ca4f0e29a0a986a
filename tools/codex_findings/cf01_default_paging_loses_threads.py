"""Walking the default thread list page by page loses threads made in the same second.

What a user sees: six threads exist, and a client that scrolls through them two at a time is told after the first page,
or the second, that there are no more. The cursor of the default order, by creation, is a whole second, and the next
page begins after that second.

Expected by LIST-3: following the cursors visits every thread once, however many share a timestamp at a page's border.
Upstream: openai/codex#43017.
"""

from bare import Codex, Outcome, absent, present, report
from clock import begin_second


def found(codex: Codex) -> Outcome:
    """Make six threads at once, and list them whole and by twos."""
    codex.call("thread/loaded/list")
    begin_second()
    made = [codex.start() for _ in range(6)]
    for thread in made:
        codex.turn(thread, "hello")
    whole, by_twos = ([thread["id"] for thread in codex.walk(limit=limit)] for limit in (100, 2))
    seconds = len({thread["createdAt"] for thread in codex.walk()})
    seen = f"6 threads of {seconds} second(s): one page shows {len(whole)}, pages of two show {len(set(by_twos))}"
    return present(seen) if set(whole) == set(made) != set(by_twos) else absent(seen)


if __name__ == "__main__":
    report(found)
