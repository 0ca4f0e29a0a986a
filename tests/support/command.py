"""Runs the command line as its user does: in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def threadstore(*arguments: str | Path, cwd: Path = TESTS) -> subprocess.CompletedProcess[str]:
    """Run ``threadstore`` and return what came of it; ``support.faulty:NAME`` names a backend of these tests."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS), "COLUMNS": "160", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "threadstore_conformance", *map(str, arguments)],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
