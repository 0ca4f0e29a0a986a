"""Walking through the list from the oldest thread on puts the index in another order.

What a user sees: a client walks through the list from its end. After that the fast list, which asks the index alone,
has threads that were used within a second in another order than the list itself, and may tell of one that its last
update was later than it was. Nobody touched any of them; each further walk moves the updates on.

Expected by LIST-7: asking the index alone gives the same page.
"""

from bare import Codex, Outcome, absent, present, report
from clock import begin_second


def found(codex: Codex) -> Outcome:
    """Run a turn in each of three threads, restart, add to two of them; look at the index before and after a walk."""
    names = {}
    for name in ("first", "second", "third"):
        thread = codex.start()
        codex.turn(thread, "hello")
        names[thread] = name
    first, second, _ = names
    codex.stop()
    begin_second()
    for thread in (first, second):
        codex.call("thread/resume", threadId=thread)
    for thread in (second, first):
        codex.inject(thread, "to the model alone")

    def listed(**more: bool) -> list[str]:
        return [names[each] for each in codex.listed(sortKey="updated_at", sortDirection="desc", **more)]

    before = listed(useStateDbOnly=True)
    codex.walk(sortKey="updated_at", sortDirection="asc", limit=1)
    index, whole = listed(useStateDbOnly=True), listed()
    seen = f"by the index {before}; after a walk from the oldest on {index}, and without the index {whole}"
    return present(seen) if index != whole else absent(seen)


if __name__ == "__main__":
    report(found)
