"""Reading a thread shows as its last update the time when it was made.

What a user sees: after a turn today in a thread of last week, the list says *updated today* and the opened thread says
*updated last week*. `thread/read` answers the creation time for `updatedAt` for good, also after a restart, beside a
`recencyAt` that is later.

Expected by LIST-1: each entry of a list equals what reading that thread returns.
Upstream: openai/codex#20165 (read and list disagree).
"""

from bare import Codex, Outcome, absent, present, report
from clock import pass_seconds


def found(codex: Codex) -> Outcome:
    """Run two turns some seconds apart, and compare the times that the list and a read show."""
    thread = codex.start()
    codex.turn(thread, "one")
    pass_seconds()
    codex.turn(thread, "two")
    codex.stop()
    listed, read = codex.listed()[thread], codex.read(thread)
    late = {name: read[name] - read["createdAt"] for name in ("updatedAt", "recencyAt")}
    seen = (
        f"seconds after its creation: list says updated {listed['updatedAt'] - listed['createdAt']}, "
        f"read says updated {late['updatedAt']} and recency {late['recencyAt']}"
    )
    return present(seen) if read["updatedAt"] != listed["updatedAt"] else absent(seen)


if __name__ == "__main__":
    report(found)
