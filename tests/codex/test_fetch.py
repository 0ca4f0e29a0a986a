"""Fetching a version, with a script in the place of Python and its pip."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

#: What the script does: the arguments end with --target FOLDER REQUIREMENT.
_PIP = """\
#!/bin/sh
for requirement; do target=$folder; folder=$requirement; done
echo "$@" >> "$0.log"
mkdir -p "$target/codex_cli_bin/bin"
{then}
"""
_WHOLE = 'echo "$requirement" > "$target/codex_cli_bin/bin/codex"'


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    """The script as a module."""
    path = Path(__file__).resolve().parents[2] / "tools" / "fetch_codex.py"
    spec = importlib.util.spec_from_file_location("fetch_codex", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pip(monkeypatch: pytest.MonkeyPatch, folder: Path, then: str) -> Path:
    """Put a script in the place of Python, and return the log of what it was called with."""
    script = folder / "python"
    script.write_text(_PIP.format(then=then))
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    return folder / "python.log"


def test_a_version_is_fetched_once(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = pip(monkeypatch, tmp_path, _WHOLE)
    into = tmp_path / "some" / "where"

    first, again = tool.fetch("1.2.3", into), tool.fetch("1.2.3", into)

    assert into / "1.2.3" / "codex_cli_bin" / "bin" / "codex" == first == again
    assert first.read_text() == "openai-codex-cli-bin==1.2.3\n"
    assert len(log.read_text().splitlines()) == 1
    assert [path.name for path in into.iterdir()] == ["1.2.3"]


@pytest.mark.parametrize(
    ("then", "told"),
    [(f"{_WHOLE}; exit 1", "pip did not install openai-codex-cli-bin==1.2.3"), ("exit 0", "brings no codex_cli_bin")],
)
def test_a_fetch_that_fails_leaves_nothing_and_can_be_done_again(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str, told: str
) -> None:
    pip(monkeypatch, tmp_path, then)
    into = tmp_path / "into"

    with pytest.raises(SystemExit, match=told):
        tool.fetch("1.2.3", into)

    assert list(into.iterdir()) == []
    pip(monkeypatch, tmp_path, _WHOLE)
    assert tool.fetch("1.2.3", into).is_file()


def test_another_fetch_may_be_faster(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tmp_path / "into" / "1.2.3" / "codex_cli_bin" / "bin"
    pip(monkeypatch, tmp_path, f"{_WHOLE}; mkdir -p {theirs}; echo theirs > {theirs}/codex")

    assert tool.fetch("1.2.3", tmp_path / "into").read_text() == "theirs\n"


def test_a_folder_without_a_binary_is_told(tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = pip(monkeypatch, tmp_path, _WHOLE)
    (tmp_path / "into" / "1.2.3").mkdir(parents=True)

    with pytest.raises(SystemExit, match=r"1\.2\.3 has no codex_cli_bin/bin/codex; remove it, and fetch again$"):
        tool.fetch("1.2.3", tmp_path / "into")
    assert not log.exists()


@pytest.mark.parametrize("named", ["", "relative", None])
def test_versions_are_kept_in_the_users_own_cache(
    tool: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if named is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", named)
    assert tmp_path / "me" / ".cache" / "threadstore-codex" == tool.cache()

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert tmp_path / "cache" / "threadstore-codex" == tool.cache()
