"""The clauses: how their prose is read, and that each is complete."""

from __future__ import annotations

import re
from importlib.resources import files

import attrs
import pytest

from threadstore.registration import Capabilities
from threadstore_conformance.spec_text import (
    LEVELS,
    PORTS,
    STRENGTHS,
    Clause,
    applies,
    load_clauses,
    parse_clauses,
)

CORE = ("ID", "LIFE", "APPEND", "PATCH", "READ", "ARCH", "DEL", "LOCAL")
QUERY = ("LIST", "SEARCH")
SESSION = ("ORIG", "TURN", "FORK", "RESUME", "SYNC", "GUARD", "ROUTE")

GOOD = """\
# A page

Words before the first clause.

## APPEND-5b — What cannot be stored
*MUST · core · store · needs paths, not lazy*

The demand
in two lines,

* and a list.

Why: A reason
in two lines.

Source: A bullet.
"""


def test_a_clause_is_read_whole() -> None:
    """Ensure every part of a clause is found, wherever lines are broken."""
    [clause] = parse_clauses(GOOD, "clauses/page.md")
    assert clause == Clause(
        id="APPEND-5b",
        title="What cannot be stored",
        strength="MUST",
        level="core",
        port="store",
        needs=("paths", "not lazy"),
        text="The demand\nin two lines,\n\n* and a list.",
        rationale="A reason\nin two lines.",
        source="A bullet.",
        path="clauses/page.md:5",
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("## APPEND-5b — What", "## APPEND-5b: What", "page.md:5: a clause's heading reads"),
        ("## APPEND-5b — What", "## Append 5 — What", "page.md:5: a clause's heading reads"),
        ("*MUST · core", "MUST · core", "page.md:6: the line under a heading reads"),
        ("*MUST · core · store · needs paths, not lazy*", "*MUST · core*", "page.md:6: the line under a heading"),
        ("*MUST ·", "*SHALL ·", "page.md:6: 'SHALL' is none of MUST, SHOULD, MAY"),
        ("· core ·", "· kernel ·", "page.md:6: 'kernel' is none of core"),
        ("· store ·", "· shop ·", "page.md:6: 'shop' is none of store"),
        ("needs paths", "needs wings", "page.md:6: the fourth part reads"),
        ("needs paths", "with paths", "page.md:6: the fourth part reads"),
        ("Why: A", "Because a", "page.md:5: APPEND-5b must have a demand"),
        ("Source: A bullet.", "", "page.md:5: APPEND-5b must have a demand"),
    ],
)
def test_a_malformed_clause_is_named(old: str, new: str, said: str) -> None:
    """Ensure a clause that cannot be read is an error that names the file and the line."""
    with pytest.raises(ValueError, match=re.escape(said)):
        list(parse_clauses(GOOD.replace(old, new), "page.md"))


def test_a_clause_without_a_demand_is_named() -> None:
    """Ensure a reason and a source alone make no clause."""
    page = "## ID-1 — Title\n*MUST · core · store*\n\nWhy: A.\n\nSource: B.\n"
    with pytest.raises(ValueError, match="ID-1 must have a demand"):
        list(parse_clauses(page, "page.md"))


def test_every_clause_is_complete() -> None:
    """Ensure each clause has known terms, a sentence for a title, a demand, a reason and a source."""
    for name, clause in load_clauses().items():
        assert clause.id == name
        assert clause.strength in STRENGTHS
        assert clause.level in LEVELS
        assert clause.port in PORTS
        assert clause.title
        assert not clause.title.endswith(".")
        for part in (clause.text, clause.rationale, clause.source):
            assert part.rstrip().endswith((".", "|", ")")), f"{name}: {part[-40:]!r} is no end of a sentence"


def test_pages_come_in_reading_order() -> None:
    """Ensure ids come first, the life cycle next, the session above all that, and the local clauses last."""
    families = tuple(dict.fromkeys(name.split("-")[0] for name in load_clauses()))
    assert families == (*CORE[:-1], *QUERY, *SESSION, "LOCAL")


@pytest.mark.parametrize("family", [*CORE, *QUERY, *SESSION])
def test_ids_have_no_gaps(family: str) -> None:
    """Ensure the numbers of a family run from 1, so that a clause that was lost is noticed."""
    numbers = {int(match[1]) for name in load_clauses() if (match := re.fullmatch(rf"{family}-(\d+)[a-z]?", name))}
    assert numbers == set(range(1, max(numbers) + 1))


@pytest.mark.parametrize(
    ("families", "level", "port"), [(CORE, "core", "store"), (QUERY, "query", "store"), (SESSION, "session", "manager")]
)
def test_levels_and_ports_go_by_family(families: tuple[str, ...], level: str, port: str) -> None:
    """Ensure a certificate's level holds whole families of clauses, and the session alone is judged at its own port."""
    held = [clause for name, clause in load_clauses().items() if name.split("-")[0] in families]
    assert {(clause.level, clause.port) for clause in held} == {(level, port)}


def test_references_between_clauses_hold() -> None:
    """Ensure no page of the specification speaks of a clause that does not exist."""
    clauses = load_clauses()
    families = "|".join({name.split("-")[0] for name in clauses})
    package = files("threadstore_spec")
    for page in [*package.iterdir(), *(package / "clauses").iterdir()]:
        if page.name.endswith(".md"):
            named = set(re.findall(rf"\b(?:{families})-\d+[a-z]?\b", page.read_text(encoding="utf-8")))
            assert named <= clauses.keys(), f"{page.name} names {sorted(named - clauses.keys())}"


def test_the_model_names_only_clauses() -> None:
    """Ensure every clause that the model gives as a reason exists, and so can be printed."""
    package = files("threadstore")
    cited = {
        name
        for module in ("model.py", "model_listing.py", "state.py")
        for name in re.findall(r'"([A-Z]+-\d+[a-z]?)"', (package / module).read_text(encoding="utf-8"))
    }
    assert {"LIFE-6", "PATCH-6", "LIST-4c"} <= cited
    assert cited <= load_clauses().keys()


@pytest.mark.parametrize(
    ("needs", "capabilities", "reason"),
    [
        ((), Capabilities(), None),
        (("paths",), Capabilities(), "needs paths"),
        (("paths",), Capabilities(paths=True), None),
        (("not lazy",), Capabilities(), None),
        (("not lazy",), Capabilities(lazy=True), "needs not lazy"),
        (("max_item_bytes",), Capabilities(), "needs max_item_bytes"),
        (("max_item_bytes",), Capabilities(max_item_bytes=2**24), None),
        (("paths", "not lazy"), Capabilities(paths=True, lazy=True), "needs not lazy"),
    ],
)
def test_a_clause_applies_by_what_is_declared(
    needs: tuple[str, ...], capabilities: Capabilities, reason: str | None
) -> None:
    """Ensure a clause is skipped exactly when a capability that it needs is not as it must be."""
    clause = attrs.evolve(load_clauses()["APPEND-3"], needs=needs)
    assert applies(clause, capabilities) == reason


def test_each_store_is_held_to_one_clause_of_laziness() -> None:
    """Ensure a store is checked either as lazy or as eager, never as neither."""
    clauses = load_clauses()
    for capabilities in (Capabilities(lazy=True), Capabilities(lazy=False)):
        held = [name for name in ("LIFE-3", "LIFE-3b") if applies(clauses[name], capabilities) is None]
        assert len(held) == 1
