"""The teeth of single clauses: mutants that nothing but one clause's checks reject."""

from __future__ import annotations

import pytest

from threadstore_backends.broken import alone_layers, alone_stores
from threadstore_backends.broken.passing import Mutant
from threadstore_backends.broken.swapped import Layer
from threadstore_conformance.directed import all_checks, failures


@pytest.mark.parametrize("broken", [*alone_stores.MUTANTS, *alone_layers.LAYERS], ids=lambda broken: broken.name)
def test_one_clause_alone_rejects_a_mutant(broken: Mutant | Layer) -> None:
    """Ensure every check that rejects it belongs first of all to the one clause that it breaks."""
    port = "manager" if isinstance(broken, Layer) else "store"
    found = failures(broken.backend(), [check for check in all_checks() if check.port == port])
    assert [check.name for check in found if check.clauses[0] not in broken.clauses] == []
    assert found
    assert len(broken.clauses) == 1
