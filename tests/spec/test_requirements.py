"""The page of requirements: each is there, and leads to clauses and to checks that can fail them."""

from __future__ import annotations

import re

import pytest

from spec.tables import page, rows
from threadstore_conformance.directed import all_checks
from threadstore_conformance.spec_text import load_clauses

#: By id, the clauses and the checks of a requirement.
ROWS = {
    name: (clauses.split(", "), re.findall(r"`(.+?)`", checks))
    for name, _, clauses, checks in rows(page("requirements.md"))
}
CHECKS = {check.name: check for check in all_checks()}


def test_every_requirement_is_there() -> None:
    """Ensure the page has the nine bullets of the README, the five of the pull request, and the four behaviours."""
    assert list(ROWS) == [f"{family}{n}" for family, last in (("R", 9), ("P", 5), ("B", 4)) for n in range(1, last + 1)]


@pytest.mark.parametrize("name", ROWS)
def test_a_requirement_leads_to_clauses(name: str) -> None:
    """Ensure each clause of a row exists, and is there once."""
    clauses, _ = ROWS[name]
    assert clauses
    assert len(set(clauses)) == len(clauses)
    assert set(clauses) <= load_clauses().keys()


@pytest.mark.parametrize("name", ROWS)
def test_a_requirement_leads_to_checks(name: str) -> None:
    """Ensure each check of a row exists and is of one of the row's clauses, and each clause has a check there."""
    clauses, checks = ROWS[name]
    assert checks
    assert set(checks) <= CHECKS.keys()
    for check in checks:
        assert set(CHECKS[check].clauses) & set(clauses), f"{check} is of none of these clauses"
    assert set(clauses) <= {clause for check in checks for clause in CHECKS[check].clauses}


def test_every_family_of_session_clauses_is_required() -> None:
    """Ensure no part of the session level answers to nothing that was asked for."""
    required = {clause.split("-")[0] for clauses, _ in ROWS.values() for clause in clauses}
    session = {name.split("-")[0] for name, clause in load_clauses().items() if clause.level == "session"}
    assert session <= required
