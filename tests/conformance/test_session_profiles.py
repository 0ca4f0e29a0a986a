"""The session variants, declared and held: the other tables of originators, copied names, descendants taken along."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from threadstore import Backend
from threadstore.originator import PROFILES
from threadstore.registration import REFERENCE_SESSION
from threadstore.thread_manager import ThreadManager
from threadstore_backends.memory import BACKEND
from threadstore_conformance.directed import Check, all_checks, failures
from threadstore_conformance.generation import Generation
from threadstore_conformance.results import Run

_VARIANTS: tuple[dict[str, Any], ...] = (
    {"originators": "upstream-0.143"},
    {"originators": "upstream-later"},
    {"fork_copies_name": True},
    {"cascades": True},
    {"originators": "upstream-later", "fork_copies_name": True, "cascades": True},
)


def _names(variant: dict[str, Any]) -> str:
    return " and ".join(str(value) if name == "originators" else name for name, value in variant.items())


def _declaring(variant: dict[str, Any]) -> Backend:
    return attrs.evolve(BACKEND, session=attrs.evolve(REFERENCE_SESSION, **variant))


def _plain_layer(store: Any, **given: Any) -> ThreadManager:
    return ThreadManager(store, **given)


def _session_checks() -> list[Check]:
    return [check for check in all_checks() if check.port == "manager"]


@pytest.mark.parametrize("variant", _VARIANTS, ids=_names)
def test_the_reference_holds_each_variant(variant: dict[str, Any]) -> None:
    """Ensure the session checks follow what is declared, and the reference does what it declares."""
    found = failures(_declaring(variant), _session_checks())
    assert {check.name: error for check, error in found.items()} == {}


@pytest.mark.parametrize("variant", _VARIANTS, ids=_names)
def test_the_model_knows_each_variant(variant: dict[str, Any]) -> None:
    """Ensure generated programs are judged by what is declared."""
    generation = Generation(backend=_declaring(variant), port="manager", run=Run(), examples=25)
    generation.check()
    assert generation.run.programs_run == {"manager": 25}


@pytest.mark.parametrize(
    ("variant", "clauses"),
    [
        ({"originators": "upstream-0.143"}, {"ORIG-1", "ORIG-1b", "ORIG-2b"}),
        ({"originators": "upstream-later"}, {"ORIG-1", "ORIG-1b", "ORIG-2b"}),
        ({"fork_copies_name": True}, {"FORK-1d"}),
        ({"cascades": True}, {"ROUTE-3"}),
    ],
    ids=["originators of 0.143", "originators", "fork_copies_name", "cascades"],
)
def test_a_variant_that_is_declared_and_not_held_is_found(variant: dict[str, Any], clauses: set[str]) -> None:
    """Ensure each variant's own clauses, and no check of another clause, reject a layer that does otherwise."""
    plain = attrs.evolve(_declaring(variant), session_layer=_plain_layer)
    checks = [check for check in _session_checks() if clauses & set(check.clauses)]
    found = {check.clauses[0] for check in failures(plain, checks)}
    assert found == clauses


@pytest.mark.parametrize("judged_by", ["upstream-0.143", "upstream-later"])
def test_two_profiles_that_differ_in_service_names_are_told_apart(judged_by: str) -> None:
    """Ensure a layer that knows a name too many, or too few, is rejected by ORIG-1b alone."""
    [other] = {"upstream-0.143", "upstream-later"} - {judged_by}

    def layer(store: Any, **given: Any) -> ThreadManager:
        return ThreadManager(store, profile=PROFILES[other], **given)

    backend = attrs.evolve(_declaring({"originators": judged_by}), session_layer=layer)
    found = {check.clauses for check in failures(backend, _session_checks())}
    assert found == {("ORIG-1b",)}
