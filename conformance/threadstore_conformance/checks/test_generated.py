"""Generated programs in lockstep with the model: all rules together, and a few at a time.

A bug that a large machine misses often shows in a small one.
"""

from __future__ import annotations

import pytest

from threadstore_conformance.generation import Generation
from threadstore_conformance.rules import FOCUS


@pytest.mark.generated("core", "query")
def test_generated_programs(threadstore_generation: Generation) -> None:
    """Ensure the store answers as the model does, whatever the program."""
    threadstore_generation.check()


@pytest.mark.generated("core", "query")
@pytest.mark.parametrize("focus", sorted(FOCUS))
def test_generated_programs_of(focus: str, threadstore_generation: Generation) -> None:
    """Ensure the store answers as the model does, whatever the program of a few rules."""
    threadstore_generation.check(focus)
