"""What is observed of a working directory's repository."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from threadstore import UNSET, GitInfoPatch
from threadstore.git_facts import observe_git

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> str:
    person = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    done = subprocess.run(["git", "-C", str(folder), *person, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@needs_git
def test_a_repository_is_seen_from_anywhere_inside_it(tmp_path: Path) -> None:
    """Ensure commit, branch and origin are found from a folder below the root, whatever the environment names."""
    git(tmp_path, "init", "-q", "-b", "topic")
    git(tmp_path, "remote", "add", "origin", "https://example.org/repository.git")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    assert observe_git(str(inside)) == GitInfoPatch(
        sha=git(tmp_path, "rev-parse", "HEAD"), branch="topic", origin_url="https://example.org/repository.git"
    )


@needs_git
def test_only_what_is_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure a repository without commit and origin tells its branch alone, and another one's facts never show."""
    elsewhere = tmp_path / "elsewhere"
    here = tmp_path / "here"
    for folder in (elsewhere, here):
        folder.mkdir()
        git(folder, "init", "-q", "-b", folder.name)
    monkeypatch.setenv("GIT_DIR", str(elsewhere / ".git"))
    assert observe_git(str(here)) == GitInfoPatch(branch="here")


def test_without_a_repository_there_is_nothing_to_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure no directory or repository, a loop of links, a broken one, and no command give nothing and no error."""
    assert observe_git(None) is UNSET
    assert observe_git("/nowhere/at\0all") is UNSET
    assert observe_git(str(tmp_path / "absent")) is UNSET
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    assert observe_git(str(loop)) is UNSET
    (tmp_path / ".git").write_text("no repository")
    assert observe_git(str(tmp_path)) is UNSET
    monkeypatch.setenv("PATH", "")
    assert observe_git(str(tmp_path)) is UNSET
