"""Fetch a version of Codex from PyPI into a folder, and print the path of its binary.

    python tools/fetch_codex.py 0.144.4
    THREADSTORE_CODEX_BIN=$(python tools/fetch_codex.py 0.163.0) python -m pytest tests/codex

It installs the wheel of ``openai-codex-cli-bin`` with pip, and does not just unpack it: the helper programs beside the
binary must be executable, or Codex answers every search with an error. A version that is there is not fetched again.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "openai-codex-cli-bin"

#: Where a wheel has the binary.
BINARY = Path("codex_cli_bin", "bin", "codex")


def main() -> None:
    """Fetch what the command line asks for."""
    parser = argparse.ArgumentParser(description="Fetch a version of Codex from PyPI and print its binary's path.")
    parser.add_argument("version", help="as on PyPI, for example 0.144.4")
    parser.add_argument("--into", type=Path, default=cache(), help="the folder of all versions (default: %(default)s)")
    asked = parser.parse_args()
    print(fetch(asked.version, asked.into))


def cache() -> Path:
    """Return the folder of all versions in the user's own cache: what lies there is executed."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "threadstore-codex"


def fetch(version: str, into: Path) -> Path:
    """Return the binary of a version, which is fetched unless it is there."""
    folder = into.absolute() / version
    if (folder / BINARY).is_file():
        return folder / BINARY
    if folder.exists():
        sys.exit(f"{folder} has no {BINARY}; remove it, and fetch again")
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as unfinished:
        new = Path(unfinished) / "new"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(new)]
        fetched = subprocess.run([*command, f"{PACKAGE}=={version}"], stdout=sys.stderr, check=False)
        if fetched.returncode != 0:
            sys.exit(f"pip did not install {PACKAGE}=={version}; see above")
        if not (new / BINARY).is_file():
            sys.exit(f"{PACKAGE}=={version} brings no {BINARY}")
        # In one step, so that a fetch that is broken off leaves nothing under the version's name.
        try:
            new.rename(folder)
        except OSError:
            # Another fetch was faster.
            if not (folder / BINARY).is_file():
                raise
    return folder / BINARY


if __name__ == "__main__":
    main()
