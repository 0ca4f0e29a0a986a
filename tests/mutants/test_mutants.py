"""The suite's teeth: each mutant is rejected, by a check that names the clause it breaks."""

from __future__ import annotations

import pytest

from threadstore import Backend, ThreadStoreError
from threadstore_backends.broken import stores_database, stores_local
from threadstore_backends.broken.passing import Mutant, Passing, Showing, Telling, mutant
from threadstore_backends.broken.stores import MUTANTS
from threadstore_backends.broken.stores_listing import Relisting
from threadstore_backends.broken.unusual import STORES
from threadstore_backends.local import CAPABILITIES
from threadstore_conformance import suite
from threadstore_conformance.directed import all_checks, failures, rejects
from threadstore_conformance.spec_text import load_clauses
from threadstore_conformance.suite import _by_name

from .rejecting import crashes, found_broken


def test_there_are_enough_mutants_and_each_has_one_name() -> None:
    """Ensure the table holds thirty stores or more, no name twice, and only clauses that exist."""
    names = [each.name for each in MUTANTS]
    assert len(names) >= 30
    assert sorted(set(names)) == sorted(names)
    known = load_clauses().keys()
    assert [each.name for each in MUTANTS if not each.clauses or not known >= set(each.clauses)] == []


@pytest.mark.parametrize("broken", MUTANTS, ids=lambda broken: broken.name)
def test_a_mutant_is_rejected_by_the_clause_it_breaks(broken: Mutant) -> None:
    """Ensure checks of every clause that a mutant breaks reject it, and none of them fails for another reason."""
    for clause_id in broken.clauses:
        found = found_broken(broken.backend(), clause_id, broken.story)
        assert clause_id in ("READ-3", "READ-3b") or not crashes(found), f"{broken.name} crashes: {crashes(found)}"


@pytest.mark.parametrize("wrapper", [Passing, Telling, Showing, Relisting], ids=lambda wrapper: wrapper.__name__)
def test_an_unbroken_wrapper_passes_every_check(wrapper: type[Passing]) -> None:
    """Ensure what mutants are made of is innocent, so that what is rejected is the one thing they break."""
    found = failures(mutant(wrapper).backend(), all_checks())
    assert {check.name: error for check, error in found.items()} == {}


@pytest.mark.parametrize("unusual", STORES, ids=lambda unusual: unusual.name)
def test_a_store_that_does_what_the_spec_allows_passes_every_check(unusual: Mutant) -> None:
    """Ensure no check demands more than the spec: short pages, odd cursors, own defaults and variants are right."""
    found = failures(unusual.backend(), all_checks())
    assert {check.name: error for check, error in found.items()} == {}


def test_an_unbroken_wrapper_of_files_passes_the_checks_of_files() -> None:
    """Ensure the wrapper is as innocent over a store of files, of every clause that mutants of it break."""
    clauses = {
        clause_id for broken in (*stores_local.MUTANTS, *stores_database.MUTANTS) for clause_id in broken.clauses
    }
    wrapper = mutant(Passing, declared=CAPABILITIES, inside=stores_local.local)
    found = failures(wrapper.backend(), [check for check in all_checks() if clauses & set(check.clauses)])
    assert {check.name: error for check, error in found.items()} == {}


def test_checks_of_one_name_are_refused() -> None:
    """Ensure the suite that authors import loses no check to another of the same name."""
    first, second = (check.function for check in all_checks()[:2])
    assert list(_by_name([first, second])) == [first.__name__, second.__name__]
    with pytest.raises(ValueError, match=f"both have a check {first.__name__}; rename one"):
        _by_name([first, second, first])
    assert {check.function.__name__ for check in all_checks()} <= set(suite.__all__)


def test_a_store_that_does_not_open_is_an_error_and_no_rejection() -> None:
    """Ensure a fault outside the store is not taken for a broken clause."""

    def broken(home: object, *, clock: object) -> Passing:
        raise OSError("no such disk")

    found = failures(Backend(name="nowhere", open=broken), all_checks()[:1])
    assert [rejects(error) for error in found.values()] == [False]


def test_a_refusal_where_none_is_due_is_a_rejection() -> None:
    """Ensure a store that refuses what a check needs is blamed for it."""

    class RefusesAll(Passing):
        """Refuses every creation."""

        def create_thread(self, params: object) -> None:
            raise ThreadStoreError

    found = failures(mutant(RefusesAll).backend(), [c for c in all_checks() if "APPEND-1" in c.clauses])
    assert found
    assert all(rejects(error) for error in found.values())
