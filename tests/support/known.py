"""Failures of the broken products that the suite's own tests know of, and files that list such."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from threadstore_conformance.expected import Expectation
from threadstore_conformance.spec_text import load_clauses

#: What one flaw shows broken depends on what came before it.
ANY = tuple(clause.id for clause in load_clauses().values() if clause.level == "session")
#: The name that is lost, wherever it is missed.
LOST_NAME = Expectation(finding="F-name", clauses=ANY, says="got None", path=r"(items\[\d+\]\.)?name")
TURNS = Expectation(finding="F-turns", clauses=("TURN-1",), says="expected 0, got 1", path="turns")


def expected_file(folder: Path, *entries: Any) -> Path:
    """Write a list of expected failures, and return where it is."""
    path = folder / "expected.json"
    path.write_text(json.dumps({"format": "threadstore-expected/1", "expected": list(entries)}))
    return path
