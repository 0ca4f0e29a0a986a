"""Name, branch and memory mode are gone when the database is rebuilt.

What a user sees: after `state_5.sqlite` was lost or moved away, Codex rebuilds it, and threads have lost the names
that they were given, though `session_index.jsonl` still has them, and threads that were to be kept out of memory are
taken into it again.

Expected by LOCAL-1: name, memory mode and git information read the same with and without the database.
Upstream: openai/codex#41614 (a rebuild loses custom names).
"""

import sqlite3

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Set the three, lose the state database, and read them again."""
    thread = codex.start()
    codex.turn(thread, "hello")
    codex.call("thread/name/set", threadId=thread, name="holiday plans")
    codex.call("thread/metadata/update", threadId=thread, gitInfo={"branch": "trunk"})
    codex.call("thread/memoryMode/set", threadId=thread, mode="disabled")
    before = _kept(codex, thread)
    codex.stop()
    for path in codex.home.glob("state_5.sqlite*"):
        path.unlink()
    after = _kept(codex, thread)
    index = "holiday plans" in (codex.home / "session_index.jsonl").read_text(encoding="utf-8")
    seen = f"before: {before}; after: {after}; the name is in the name index: {index}"
    return present(seen) if before != after else absent(seen)


def _kept(codex: Codex, thread: str) -> dict[str, str | None]:
    read = codex.read(thread)
    with sqlite3.connect(f"file:{codex.home / 'state_5.sqlite'}?mode=ro", uri=True) as database:
        [mode] = database.execute("select memory_mode from threads where id = ?", (thread,)).fetchone()
    return {"name": read["name"], "branch": (read["gitInfo"] or {}).get("branch"), "memory": mode}


if __name__ == "__main__":
    report(found)
