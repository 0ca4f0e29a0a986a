"""Laws without a model, each on generated programs: the store compared with itself."""

from __future__ import annotations

import pytest

from threadstore import Backend
from threadstore_conformance.discovery import Registered
from threadstore_conformance.laws import LAWS, Law, hold
from threadstore_conformance.laws.running import DEFAULT_EXAMPLES


@pytest.mark.laws
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_a_law_holds(law: Law, threadstore_backend: Registered, request: pytest.FixtureRequest) -> None:
    """Ensure the store agrees with itself, whatever the program."""
    if not isinstance(threadstore_backend, Backend):
        pytest.skip("not applicable: it looks at a store, and none is shown")
    reason = law.skipped(threadstore_backend)
    if reason:
        pytest.skip(reason)
    held = hold(law, threadstore_backend, DEFAULT_EXAMPLES, request.config.getoption("--threadstore-seed"))
    assert held.claims, f"{held.programs} programs gave the law {law.name!r} nothing to speak of"
