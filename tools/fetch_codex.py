"""Fetch a version of Codex from PyPI into a folder, and print the path of its binary.

    python tools/fetch_codex.py 0.144.4
    THREADSTORE_CODEX_BIN=$(python tools/fetch_codex.py 0.163.0) python -m pytest tests/codex

It installs the wheel of ``openai-codex-cli-bin`` with pip, and does not just unpack it: the helper programs beside the
binary must be executable, or Codex answers every search with an error. A version that is there is not fetched again.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "openai-codex-cli-bin"


def main() -> None:
    """Fetch what the command line asks for."""
    parser = argparse.ArgumentParser(description="Fetch a version of Codex from PyPI and print its binary's path.")
    parser.add_argument("version", help="as on PyPI, for example 0.144.4")
    scratch = Path(tempfile.gettempdir()) / "threadstore-codex"
    parser.add_argument("--into", type=Path, default=scratch, help="the folder of all versions (default: %(default)s)")
    asked = parser.parse_args()
    print(fetch(asked.version, asked.into))


def fetch(version: str, into: Path) -> Path:
    """Return the binary of a version, which is fetched unless it is there."""
    folder = into.absolute() / version
    binary = folder / "codex_cli_bin" / "bin" / "codex"
    if binary.is_file():
        return binary
    # A fetch that is broken off leaves nothing that looks whole.
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as unfinished:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", unfinished]
        fetched = subprocess.run([*command, f"{PACKAGE}=={version}"], stdout=sys.stderr, check=False)
        if fetched.returncode != 0:
            sys.exit(f"pip did not install {PACKAGE}=={version}; see above")
        shutil.copytree(unfinished, folder, symlinks=True, copy_function=shutil.move)
    if not binary.is_file():
        sys.exit(f"{PACKAGE}=={version} brings no {binary.relative_to(folder)}")
    return binary


if __name__ == "__main__":
    main()
