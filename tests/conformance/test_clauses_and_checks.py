"""The spec and the suite, held equal."""

from __future__ import annotations

import re
from pathlib import Path

import threadstore
import threadstore_conformance
from threadstore_conformance.attribution import ANSWERS, CAUSES, FIELDS
from threadstore_conformance.directed import all_checks
from threadstore_conformance.spec_text import load_clauses

_ID = re.compile(r'"([A-Z]+-[0-9]+[a-z]?)"')


def test_every_must_clause_has_a_check() -> None:
    """Ensure no MUST clause of a level that is certified lacks a check."""
    checked = {clause_id for check in all_checks() for clause_id in check.clauses}
    demanded = {clause.id for clause in load_clauses().values() if clause.strength == "MUST"}
    assert demanded - checked == set()


def test_every_check_has_a_clause() -> None:
    """Ensure no check speaks of a clause that the spec does not have."""
    checked = {clause_id for check in all_checks() for clause_id in check.clauses}
    assert checked - set(load_clauses()) == set()


def test_every_clause_that_the_code_names_exists() -> None:
    """Ensure the model and the suite cite the spec rightly."""
    cited = {}
    for package in (threadstore, threadstore_conformance):
        for module in Path(package.__file__).parent.rglob("*.py"):
            for clause_id in _ID.findall(module.read_text(encoding="utf-8")):
                cited[clause_id] = module.name
    assert {clause_id: where for clause_id, where in cited.items() if clause_id not in load_clauses()} == {}
    assert len(cited) > 40


def test_every_operation_is_attributed() -> None:
    """Ensure a difference in any operation's answer names a clause."""
    assert set(ANSWERS) == set(threadstore.store.METHODS)
    named = {*ANSWERS.values(), *FIELDS.values(), *(c for pair in CAUSES.values() for c in pair if c)}
    assert named <= set(load_clauses())
