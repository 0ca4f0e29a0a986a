"""The suite's teeth, counted: every mutant against every directed check, and the kill matrix that comes of it."""

from __future__ import annotations

from .library import Found, Mutant, find_mutants
from .matrix import KillMatrix
from .page import as_html
from .running import MutantRun

__all__ = ["Found", "KillMatrix", "Mutant", "MutantRun", "as_html", "find_mutants"]
