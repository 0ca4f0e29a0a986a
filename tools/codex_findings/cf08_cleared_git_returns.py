"""Git information that was cleared is back in the list.

What a user sees: a thread was started in a repository, and its branch was cleared with `thread/metadata/update`. A read
shows no branch; after a restart the list shows the former one again.

Expected by PATCH-1: a field that was cleared is absent from then on, in the list (LIST-1) as in a read.
"""

import subprocess

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Start a thread in a repository, clear its branch, restart, read and list."""
    repository = str(codex.root / "repository")
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"]
    subprocess.run(["git", "init", "-q", "-b", "trunk", repository], check=True)
    subprocess.run(["git", "-C", repository, *who, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    thread = codex.start(cwd=repository)
    codex.turn(thread, "hello")
    before = codex.read(thread)["gitInfo"]
    codex.call("thread/metadata/update", threadId=thread, gitInfo={"branch": None})
    codex.stop()
    read, listed = codex.read(thread)["gitInfo"]["branch"], codex.listed()[thread]["gitInfo"]["branch"]
    seen = f"branch before: {before['branch']}; cleared: read says {read}, the list says {listed}"
    return present(seen) if before["branch"] == "trunk" == listed and read is None else absent(seen)


if __name__ == "__main__":
    report(found)
