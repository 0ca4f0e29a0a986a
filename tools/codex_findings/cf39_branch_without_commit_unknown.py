"""The branch of a repository without a commit is not known.

What a user sees: they begin a project with `git init` and a conversation, and the conversation shows no branch, though
one is checked out. The address of its remote is shown.

Expected by SYNC-3: commit, branch and origin of the directory's repository are stored part by part, each that there is.
"""

import subprocess

from bare import Codex, Outcome, absent, present, report


def found(codex: Codex) -> Outcome:
    """Make a repository with a branch and a remote and no commit, run a turn in it, and read the thread."""
    repository = str(codex.root / "repository")
    subprocess.run(["git", "init", "-q", "-b", "trunk", repository], check=True)
    subprocess.run(["git", "-C", repository, "remote", "add", "origin", "https://example.org/x.git"], check=True)
    thread = codex.start(cwd=repository)
    codex.turn(thread, "hello")
    git = codex.read(thread)["gitInfo"] or {}
    seen = f"the branch is trunk; shown: branch {git.get('branch')}, origin {git.get('originUrl')}"
    return present(seen) if git.get("branch") is None else absent(seen)


if __name__ == "__main__":
    report(found)
