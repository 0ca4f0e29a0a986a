"""Finding the binary, with scripts in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from threadstore_backends.codex import binary
from threadstore_backends.codex.binary import BINARY_VARIABLE, CodexBinary, find_binary
from threadstore_backends.codex.errors import CodexMissing, CodexUnusable


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def _nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BINARY_VARIABLE, raising=False)
    monkeypatch.setattr(binary, "_PACKAGE", "no_such_package")


def test_the_given_one_comes_before_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, other = (script(tmp_path / f"v{n}", f"echo codex-cli 0.{n}.0") for n in (1, 2))
    monkeypatch.setenv(BINARY_VARIABLE, str(other))

    assert CodexBinary(given, "0.1.0") == find_binary(given)
    assert CodexBinary(other, "0.2.0") == find_binary()


def test_the_installed_one_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_codex" / "bin").mkdir(parents=True)
    (tmp_path / "some_codex" / "__init__.py").touch()
    path = script(tmp_path / "some_codex" / "bin" / "codex", "echo codex-cli 0.163.0-alpha.2")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(binary, "_PACKAGE", "some_codex")

    assert CodexBinary(path, "0.163.0-alpha.2") == find_binary()
    assert find_binary().release == (0, 163, 0)


def test_an_empty_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BINARY_VARIABLE, "")

    with pytest.raises(CodexUnusable, match=f"^{BINARY_VARIABLE} is empty; name a binary with it, or unset it$"):
        find_binary()
    assert find_binary(script(tmp_path / "it", "echo codex-cli 0.1.0")).version == "0.1.0"


def test_without_one_it_is_said_what_to_install() -> None:
    with pytest.raises(
        CodexMissing,
        match=rf"^no Codex binary was found; install threadstore\[codex\].* or name one with {BINARY_VARIABLE}$",
    ):
        find_binary()


@pytest.mark.parametrize(
    ("text", "told"),
    [("echo hello", "answers 'hello'"), ("exit 3", "exit status 3"), (r"printf '\377'", "answers '\ufffd'")],
)
def test_what_is_no_codex_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CodexUnusable, match=told):
        find_binary(script(tmp_path / "it", text))


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CodexUnusable, match="No such file"):
        find_binary(tmp_path / "none")
