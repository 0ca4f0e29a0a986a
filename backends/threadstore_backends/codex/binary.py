"""Which Codex binary is run: a path that was given, the environment's, or that of the installed package."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path

from attrs import frozen

from .errors import CodexMissing, CodexUnusable

#: The environment variable that names a binary.
BINARY_VARIABLE = "THREADSTORE_CODEX_BIN"

_PACKAGE = "codex_cli_bin"
_WHAT_TO_DO = f"install threadstore[codex], which brings one along, or name one with {BINARY_VARIABLE}"


@frozen
class CodexBinary:
    """An executable, and the version that it says it is."""

    path: Path
    version: str

    @property
    def release(self) -> tuple[int, ...]:
        """The version's numbers, to compare with others'."""
        return tuple(int(number) for number in re.findall(r"\d+", self.version)[:3])


def find_binary(given: str | Path | None = None) -> CodexBinary:
    """Return the binary to run.

    Raises `CodexMissing` that says what to install, or `CodexUnusable` for one that does not run.
    """
    path = given or _named() or _installed()
    if path is None:
        raise CodexMissing(f"no Codex binary was found; {_WHAT_TO_DO}")
    found = Path(path).absolute()
    return CodexBinary(found, _version(found))


def _named() -> str | None:
    named = os.environ.get(BINARY_VARIABLE)
    # A command in its place that failed leaves nothing, and another binary than was meant would be run.
    if named == "":
        raise CodexUnusable(f"{BINARY_VARIABLE} is empty; name a binary with it, or unset it")
    return named


def _installed() -> Path | None:
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "bin" / "codex"
    return path if path.is_file() else None


def _version(path: Path) -> str:
    try:
        told = subprocess.run(  # noqa: S603 - the caller's own choice of a program is what this is for
            [path, "--version"], capture_output=True, timeout=30, check=True, env={"PATH": os.defpath}
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError) as error:
        raise CodexUnusable(f"{path} does not run as a Codex binary ({error}); {_WHAT_TO_DO}") from error
    match = re.fullmatch(r"codex\S*\s+(\d+\.\d+\.\d+\S*)\s*", told)
    if match is None:
        raise CodexUnusable(f"{path} --version answers {told.strip()[:80]!r}, so it is no Codex binary; {_WHAT_TO_DO}")
    return match[1]
