"""What the ``git`` command says of a working directory, for a new thread's metadata.

Facts only: no repository, no command, or a command that fails or hangs, and there is nothing to say.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from .fields import UNSET, Unset
from .patch import GitInfoPatch, is_empty

#: How to ask for each part.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "sha": ("rev-parse", "--verify", "--quiet", "HEAD"),
    "branch": ("symbolic-ref", "--quiet", "--short", "HEAD"),
    "origin_url": ("remote", "get-url", "origin"),
}

TIMEOUT_S = 5


def observe_git(cwd: str | None) -> GitInfoPatch | Unset:
    """Return the parts that were found, or `UNSET` when none was."""
    # Looking for the command takes longer than looking for a repository, of which there mostly is none.
    git = shutil.which("git") if cwd and _in_repository(cwd) else None
    if not cwd or git is None:
        return UNSET
    answers = {part: _ask((git, "-C", cwd, *question)) for part, question in QUESTIONS.items()}
    found = GitInfoPatch(**{part: answer for part, answer in answers.items() if answer})
    return UNSET if is_empty(found) else found


def _in_repository(cwd: str) -> bool:
    # Most directories of programs and tests are in no repository: looking is cheaper than three commands.
    try:
        folder = Path(os.path.realpath(cwd, strict=True))
        return any((parent / ".git").exists() for parent in (folder, *folder.parents))
    except (OSError, ValueError):
        return False


def _ask(command: tuple[str, ...]) -> str | None:
    # A repository that the process was pointed to by its environment is not the working directory's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=TIMEOUT_S, check=True)  # noqa: S603  # our own questions
        return done.stdout.decode().strip()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
