"""Directed checks of what a new thread knows of its working directory's repository: SYNC-3."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
import pytest

from threadstore import GitInfo, GitInfoPatch, PersistThreadParams, ThreadPersistenceMetadata
from threadstore_conformance.lab import METADATA, agent_message, clause
from threadstore_conformance.session_lab import SessionLab

from .conversations import say
from .sessions import assert_facts, cold, visible

_URL = "https://example.org/project.git"
_BRANCH = "refs/heads/topic"


@clause("SYNC-3")
def test_a_thread_knows_its_repository(session_lab: SessionLab) -> None:
    """Ensure commit, branch and origin are those of the repository that the directory is in, at the creation."""
    with _repository(session_lab) as folder:
        inside = folder / "deep" / "down"
        inside.mkdir(parents=True)
        first = _commit(folder)
        thread = visible(session_lab, metadata=_at(inside))
        expected = GitInfo(sha=first, branch="topic", origin_url=_URL)
        assert_facts(session_lab, thread, "made in a repository", git_info=expected)
        _commit(folder)
        say(session_lab, thread, agent_message("more"))
        session_lab.close(thread)
        session_lab.resume(thread, metadata=_at(inside))
        say(session_lab, thread, agent_message("and more"))
        assert_facts(session_lab, thread, "made in a repository that went on", git_info=expected)


@clause("SYNC-3")
def test_a_repository_is_known_part_by_part(session_lab: SessionLab) -> None:
    """Ensure a repository without commit, without origin, or with no branch checked out gives what it has."""
    with _repository(session_lab, origin=False) as folder:
        thread = visible(session_lab, metadata=_at(folder))
        assert_facts(session_lab, thread, "made before the first commit", git_info=GitInfo(branch="topic"))
        sha = _commit(folder)
        thread = visible(session_lab, metadata=_at(folder))
        assert_facts(session_lab, thread, "made without an origin", git_info=GitInfo(sha=sha, branch="topic"))
        _write(folder / ".git" / "HEAD", f"{sha}\n")
        thread = visible(session_lab, metadata=_at(folder))
        assert_facts(session_lab, thread, "made with no branch checked out", git_info=GitInfo(sha=sha))


@clause("SYNC-3")
def test_a_directory_without_repository_has_no_git(session_lab: SessionLab) -> None:
    """Ensure a directory in no repository, and one that is not there, give no git facts and are no error."""
    with TemporaryDirectory() as folder:
        for what, place in (("no repository", Path(folder)), ("no directory", Path(folder) / "missing")):
            thread = visible(session_lab, metadata=_at(place))
            assert_facts(session_lab, thread, f"made where there is {what}", git_info=None)


@clause("SYNC-4", "SYNC-3")
def test_what_a_persist_could_not_send_goes_out_at_the_next_barrier(session_lab: SessionLab) -> None:
    """Ensure create facts wait no longer once the store made their thread visible, though it failed to take them."""
    for act in (session_lab.flush, session_lab.close):
        with _repository(session_lab, origin=False) as folder:
            thread = session_lab.start(metadata=_at(folder)).thread_id
            session_lab.failing("update_thread_metadata")
            session_lab.refused(PersistThreadParams(thread_id=thread), ("failed",))
            act(thread)
            assert_facts(session_lab, thread, "at the next barrier", git_info=GitInfo(branch="topic"))


@clause("SYNC-2", "SYNC-3")
def test_git_that_a_user_set_stays(session_lab: SessionLab) -> None:
    """Ensure a part that was patched is not overwritten by what the creation saw, and the other parts stay."""
    with _repository(session_lab) as folder:
        sha = _commit(folder)
        thread = session_lab.start(metadata=_at(folder)).thread_id
        session_lab.patch(thread, git_info=GitInfoPatch(branch="mine"))
        say(session_lab, thread, agent_message("more"))
        expected = GitInfo(sha=sha, branch="mine", origin_url=_URL)
        assert_facts(session_lab, thread, "patched before its first item", git_info=expected)
        session_lab.patch(thread, git_info=GitInfoPatch(origin_url=None))
        session_lab.close(thread)
        session_lab.resume(thread, metadata=_at(folder))
        say(session_lab, thread, agent_message("and more"))
        expected = attrs.evolve(expected, origin_url=None)
        assert_facts(session_lab, thread, "patched, and resumed in the repository", git_info=expected)


@clause("RESUME-2")
def test_a_resume_in_a_repository_gives_the_thread_none(session_lab: SessionLab) -> None:
    """Ensure a thread made outside any repository has no git facts after a session inside one."""
    with _repository(session_lab) as folder:
        _commit(folder)
        thread = cold(session_lab)
        session_lab.resume(thread, metadata=_at(folder))
        say(session_lab, thread, agent_message("more"))
        session_lab.close(thread)
        assert_facts(session_lab, thread, "resumed in a repository", git_info=None, cwd="/src/project")


def _at(folder: Path) -> ThreadPersistenceMetadata:
    return attrs.evolve(METADATA, cwd=str(folder))


@contextmanager
def _repository(session_lab: SessionLab, *, origin: bool = True) -> Iterator[Path]:
    if shutil.which("git") is None:
        pytest.skip("not testable: git is not installed")
    with TemporaryDirectory() as name:
        folder = Path(name)
        session_lab.untold = f"and meanwhile {folder} was a git repository, with its commits made by the check"
        # Written and not asked for, here and below: every process takes longer than most checks.
        for made in ("objects", "refs/heads"):
            (folder / ".git" / made).mkdir(parents=True)
        _write(folder / ".git" / "HEAD", f"ref: {_BRANCH}\n")
        _write(folder / ".git" / "config", f'[remote "origin"]\n\turl = {_URL}\n' if origin else "")
        yield folder


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")


def _commit(folder: Path) -> str:
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false")
    # A repository that the suite's own environment points to must not be touched.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    commit = ("commit", "--quiet", "--allow-empty", "--no-verify", "--message", "work")
    subprocess.run(("git", "-C", str(folder), *who, *commit), env=environment, capture_output=True, check=True)  # noqa: S603, S607
    return (folder / ".git" / _BRANCH).read_text(encoding="utf-8").strip()
