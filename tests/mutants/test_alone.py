"""The teeth of single clauses: mutants that nothing but one clause's checks reject."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from threadstore_backends.broken import alone_files, alone_layers, alone_stores
from threadstore_backends.broken.passing import Mutant
from threadstore_backends.broken.swapped import Layer
from threadstore_conformance.directed import Check, all_checks, failures

#: The families of clauses that look at what a store of files alone has; `threadstore mutants` runs the others too.
OF_FILES = ("LOCAL", "READ", "ARCH")


@pytest.mark.parametrize("broken", [*alone_stores.MUTANTS, *alone_layers.LAYERS], ids=lambda broken: broken.name)
def test_one_clause_alone_rejects_a_mutant(broken: Mutant | Layer) -> None:
    """Ensure every check that rejects it belongs first of all to the one clause that it breaks."""
    port = "manager" if isinstance(broken, Layer) else "store"
    _assert_alone(broken, [check for check in all_checks() if check.port == port])


@pytest.mark.parametrize("broken", alone_files.MUTANTS, ids=lambda broken: broken.name)
def test_one_clause_of_the_near_ones_rejects_a_mutant_of_files(broken: Mutant) -> None:
    """Ensure the same of stores of files, held to their own clause and to all that look at files."""
    near = [
        check for check in all_checks() if check.clauses[0].startswith(OF_FILES) or check.clauses[0] in broken.clauses
    ]
    _assert_alone(broken, near)


def _assert_alone(broken: Mutant | Layer, checks: Iterable[Check]) -> None:
    found = failures(broken.backend(), checks)
    assert [check.name for check in found if check.clauses[0] not in broken.clauses] == []
    assert found
    assert len(broken.clauses) == 1
