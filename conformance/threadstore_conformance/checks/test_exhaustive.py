"""Every program up to a depth, and every transition of the bounded model, in lockstep and without sampling."""

from __future__ import annotations

import pytest

from threadstore_conformance.exhaustive.running import Exhaustion


@pytest.mark.generated("core", "query")
def test_exhaustive_programs(threadstore_exhaustion: Exhaustion) -> None:
    """Ensure the store answers as the model does in every short program of few operations, and all along the tour."""
    threadstore_exhaustion.check()
