"""A real Codex and the local store, in turn on one home."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from threadstore_backends.codex import CodexBinary

ROOT = Path(__file__).resolve().parents[2]
KNOWN = ROOT / "docs" / "codex"


def test_each_goes_on_with_what_the_other_wrote(binary: CodexBinary) -> None:
    """Ensure a few programs on a home that changes hands show nothing but what is known of either."""
    known = KNOWN / f"expected-{binary.version}.json"
    if not known.exists():
        pytest.skip(f"nothing is known of Codex {binary.version}")
    done = subprocess.run(
        [
            sys.executable, ROOT / "tools" / "codex_differential.py", "--codex-bin", binary.path, "--programs", "12",
            "--expected", known, "--expected", KNOWN / "exchanged-codex.json",
            "--of-local", KNOWN / "exchanged-local.json",
        ],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("24 programs, ")
    # What is known of homes that change hands alone shows that they do.
    assert "dx0" in done.stdout
