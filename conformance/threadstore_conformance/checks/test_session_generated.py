"""Generated programs of a session layer in lockstep with its model: all rules together, and a few at a time."""

from __future__ import annotations

import pytest

from threadstore_conformance.generation import Generation
from threadstore_conformance.session_rules import FOCUS


@pytest.mark.generated("session")
def test_generated_session_programs(threadstore_session_generation: Generation) -> None:
    """Ensure the session layer answers as the session model does, whatever the program."""
    threadstore_session_generation.check()


@pytest.mark.generated("session")
@pytest.mark.parametrize("focus", sorted(FOCUS))
def test_generated_session_programs_of(focus: str, threadstore_session_generation: Generation) -> None:
    """Ensure the session layer answers as the session model does, whatever the program of a few rules."""
    threadstore_session_generation.check(focus)
