"""What a verdict rests on is counted, and a run that did too little has no verdict."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import attrs
import pytest

from support.command import TESTS
from support.managers import KILLABLE, PRODUCT
from support.runs import fulfilled
from threadstore import (
    AppendThreadItemsParams,
    Backend,
    Capabilities,
    GitInfoPatch,
    ListThreadsParams,
    ReadThreadParams,
    RolloutItem,
    ThreadMetadataPatch,
    UpdateThreadMetadataParams,
)
from threadstore.registration import SessionCapabilities
from threadstore_backends.local import BACKEND as LOCAL
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance.bounds import DATA, OUTCOMES, RULES, demanded, missed
from threadstore_conformance.certificate import clause_reports, level_reports
from threadstore_conformance.data_classes import classes_of, is_kept
from threadstore_conformance.exhaustive.coverage import Coverage
from threadstore_conformance.ports import PORTS, PortName, method_of
from threadstore_conformance.process import WaitParams
from threadstore_conformance.results import Result, Run
from threadstore_conformance.spec_text import load_clauses

_ID = "01900000-0000-7000-8000-000000000001"


def _item(extra: Any, kind: str = "user_message") -> AppendThreadItemsParams:
    return AppendThreadItemsParams(
        thread_id=_ID, items=(RolloutItem("event_msg", {"type": kind, "message": "m", "extra": extra}),)
    )


def _patch(**changes: Any) -> UpdateThreadMetadataParams:
    return UpdateThreadMetadataParams(thread_id=_ID, patch=ThreadMetadataPatch(**changes))


@pytest.mark.parametrize(
    ("operation", "has", "lacks"),
    [
        (_item(""), {"items: one", "item: kept", "text: empty"}, {"items: several", "json: null", "text: long"}),
        (_item("a\x00\n"), {"text: U+0000", "text: a line break", "text: padded with blanks"}, {"text: empty"}),
        (_item("é"), {"text: composed"}, {"text: decomposed"}),
        (_item("e\u0301"), {"text: decomposed"}, {"text: composed"}),
        (_item("🧵"), {"text: beyond U+FFFF"}, {"text: composed", "text: a lone surrogate"}),
        (_item("\ud800"), {"text: a lone surrogate"}, {"text: beyond U+FFFF"}),
        (_item(-0.0), {"number: negative zero"}, {"number: a fraction"}),
        (_item(0.5), {"number: a fraction"}, {"number: negative zero", "number: beyond 2**53"}),
        (_item(2**53 + 1), {"number: beyond 2**53"}, {"number: beyond 2**63"}),
        (_item(2**53), set(), {"number: beyond 2**53"}),
        (_item(2**63), {"number: beyond 2**53", "number: beyond 2**63"}, set()),
        (_item(-(2**63)), {"number: beyond 2**53"}, {"number: beyond 2**63"}),
        (_item(float("nan")), {"number: not finite"}, {"number: a fraction"}),
        (_item(1e308), set(), {"number: a fraction", "number: not finite"}),
        (_item(10**400), {"number: beyond 2**63"}, {"number: not finite"}),
        (_item("a_b"), set(), {"text: a pattern's wildcard"}),
        (_item("_"), {"text: a pattern's wildcard"}, set()),
        (_item({"": {"\x00": 1}}), {"text: empty", "text: U+0000"}, set()),
        (_item({"a": [{}]}), {"json: empty object", "json: nested"}, {"json: empty list"}),
        (_item([None, True]), {"json: null"}, {"json: nested", "number: a fraction"}),
        (_item(1, "no_such_event"), {"item: dropped"}, {"item: kept"}),
        (AppendThreadItemsParams(thread_id=_ID, items=()), {"items: none"}, {"items: one"}),
        (_patch(), {"patch: of nothing"}, {"patch: name set"}),
        (_patch(name=None), {"patch: name cleared"}, {"patch: name set", "patch: of nothing"}),
        (
            _patch(name="x", git_info=GitInfoPatch(sha=None)),
            {"patch: name set", "patch: git_info set", "git: sha cleared"},
            {"git: of nothing", "git: branch cleared"},
        ),
        (
            ListThreadsParams(page_size=1, archived=True, search_term="a%"),
            {"list_threads: a page of one", "list_threads: archived True", "list_threads: search_term"},
            {"list_threads: cursor", "list_threads: cwd_filters"},
        ),
        (ReadThreadParams(thread_id=_ID), {"read_thread: include_history False"}, {"text: empty"}),
        (ReadThreadParams(thread_id="\x00"), set(), {"text: U+0000"}),
        (ListThreadsParams(page_size=5, cursor=""), {"list_threads: cursor"}, {"text: empty", "json: empty list"}),
        (ListThreadsParams(page_size=5), set(), {"text: a pattern's wildcard", "json: empty list"}),
        (WaitParams(milliseconds=0), set(), {"wait: time went by"}),
        (WaitParams(milliseconds=1), {"wait: time went by"}, set()),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else method_of(value),
)
def test_an_operation_is_of_the_classes_of_what_it_holds(operation: Any, has: set[str], lacks: set[str]) -> None:
    """Ensure each class is told from its like."""
    classes = classes_of(operation)
    assert has <= classes
    assert not lacks & classes


@pytest.mark.parametrize(
    ("name", "taken", "refused"),
    [
        ("text: empty", True, False),
        ("patch: name set", True, False),
        ("text: a lone surrogate", False, True),
        ("number: not finite", False, True),
        ("create_thread: history_mode paginated", True, True),
    ],
)
def test_a_value_counts_when_it_was_taken(name: str, taken: bool, refused: bool) -> None:
    """Ensure what a store refused is no evidence of what it keeps, and that what it must refuse counts when refused."""
    assert (is_kept(name, refused=False), is_kept(name, refused=True)) == (taken, refused)


def _verdict(run: Run, backend: Any, level: str) -> tuple[str | None, str]:
    run.results += [
        Result(check="test_it", clauses=(clause.id,), outcome="passed")
        for clause in load_clauses().values()
        if clause.level == level
    ]
    (report,) = level_reports(clause_reports(run, backend, [level]), run, backend, [level])
    return report.verdict, report.reason


_EVERY_OUTCOME = [
    (port, method, outcome)
    for port, table in OUTCOMES.items()
    for method, outcomes in table.items()
    for outcome in outcomes
]


@pytest.mark.parametrize(("port", "method", "outcome"), _EVERY_OUTCOME, ids=" ".join)
def test_an_outcome_that_never_came_leaves_the_levels_of_its_port_open(
    port: PortName, method: str, outcome: str
) -> None:
    """Ensure each operation must have ended in each of its ways, and that the other port's levels stand."""
    run = fulfilled()
    del run.tallies[port].ended[method, outcome]
    for each in PORTS.values():
        verdict, reason = _verdict(run, LOCAL, each.levels[0])
        if each.name == port:
            assert (verdict, reason) == ("inconclusive", f"no {method} ended as {outcome}")
        else:
            assert (verdict, reason) == ("certified", "")


@pytest.mark.parametrize(
    ("port", "name"), [(port, name) for port, names in DATA.items() for name in names], ids=" ".join
)
def test_data_that_was_never_drawn_leaves_the_levels_of_its_port_open(port: PortName, name: str) -> None:
    """Ensure each data class must have been drawn."""
    run = fulfilled()
    del run.tallies[port].data[name]
    level = PORTS[port].levels[0]
    backend = KILLABLE if name == "restart: killed" else LOCAL
    assert _verdict(run, backend, level) == ("inconclusive", f"no program drew {name!r}")


@pytest.mark.parametrize(
    ("port", "name"), [(port, name) for port, names in RULES.items() for name in names], ids=" ".join
)
def test_a_rule_that_was_never_taken_leaves_the_levels_of_its_port_open(port: PortName, name: str) -> None:
    """Ensure each rule must have been taken."""
    run = fulfilled()
    del run.tallies[port].rules[name]
    level = PORTS[port].levels[0]
    assert _verdict(run, LOCAL, level) == ("inconclusive", f"no program took the rule {name!r}")


_TOUR = Coverage(threads=1, asked=1, programs=1, states=2, transitions=9, taken=set(range(9)))
_PROGRAMS = Coverage(threads=2, depth=2, asked=351, programs=351)


@pytest.mark.parametrize(
    ("runs", "reason"),
    [
        ([attrs.evolve(_TOUR, taken={1, 2}), _PROGRAMS], "the tour took 2 of 9 transitions"),
        ([attrs.evolve(_TOUR, taken=set(), transitions=0), _PROGRAMS], "the bounded model was not toured"),
        ([_PROGRAMS], "the bounded model was not toured"),
        ([_TOUR], "exhaustive programs had up to 0 of the 2 operations that a certificate takes"),
        (
            [_TOUR, attrs.evolve(_PROGRAMS, depth=1)],
            "exhaustive programs had up to 1 of the 2 operations that a certificate takes",
        ),
        ([_TOUR, attrs.evolve(_PROGRAMS, programs=350)], "350 of 351 exhaustive programs were run"),
        ([_TOUR, attrs.evolve(_PROGRAMS, programs=0)], "0 of 351 exhaustive programs were run"),
    ],
)
def test_exhaustive_runs_must_have_been_whole(runs: list[Coverage], reason: str) -> None:
    """Ensure a tour that was cut short, or was not run, and programs not run leave its levels open."""
    run = fulfilled()
    run.exhaustive = runs
    assert _verdict(run, MEMORY, "core") == ("inconclusive", reason)
    assert _verdict(run, MEMORY, "session") == ("certified", "")


def test_nothing_is_demanded_of_what_a_backend_does_not_declare() -> None:
    """Ensure bounds that take a capability fall away without it, and no other does."""
    plain = Backend(name="plain", open=MEMORY.open, capabilities=Capabilities(volatile=True))
    left_out = set(DATA["store"]) - set(demanded(plain, "store"))
    assert {name.split(":")[0] for name in left_out} == {
        "patch",
        "resume_thread",
        "list_threads",
        "relation",
        "search_threads",
    }
    assert "patch: name set" in demanded(plain, "store")
    everything = attrs.evolve(LOCAL.capabilities, search=True, relations=True, paths=True)
    assert demanded(attrs.evolve(LOCAL, capabilities=everything), "store") == DATA["store"]


def test_a_session_layer_alone_owes_nothing_of_a_store() -> None:
    """Ensure one that declares nothing is asked for nothing that takes a declaration."""
    bare = attrs.evolve(PRODUCT, session=SessionCapabilities())
    due = list(missed(Run(), bare, "manager"))
    assert not [each for each in due if "persist_thread" in each or "outbound_request" in each]
    assert "no start_thread ended as ok" in due


@pytest.mark.parametrize(
    ("rule", "says"), [("unarchive", "no program took the rule 'unarchive', no unarchive_thread ended as ok")]
)
def test_a_machine_that_lacks_a_rule_certifies_nothing(rule: str, says: str) -> None:
    """Ensure a sound store is not certified by programs that never do what a rule does."""
    done = subprocess.run(
        [sys.executable, "-m", "support.without_rule", rule, "memory"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    assert done.returncode == 0, done.stderr
    certificate = json.loads(done.stdout)
    assert certificate["verdict"] == "inconclusive"
    assert certificate["reason"].startswith(f"core: {says}")
    assert not [clause for clause in certificate["clauses"] if clause["verdict"] in ("failed", "error")]
