"""The page of originator tables: complete, the same as the clauses, and what the reference does."""

from __future__ import annotations

from itertools import product

import pytest

from spec.tables import page, rows, sections, tables
from threadstore.originator import PROFILES, Offers, OriginatorProfile, resolve
from threadstore_conformance.spec_text import load_clauses

PAGE = {heading.split("`")[1]: text for heading, text in sections(page("originator.md"), 2).items() if "`" in heading}

#: The offers in the order of the page's columns.
FIELDS = ("environment", "service_name", "persisted", "live_parent", "default")

STATES = ("present", "absent", "empty")
NAMES = ("recognised", "unknown", "absent", "empty")

#: What a source holds in each state: an empty one is blank in one way or another.
HELD: dict[str, tuple[str | None, ...]] = {"absent": (None,), "empty": ("", " \t\n"), "unknown": ("codex_work",)}


def cells(name: str, operations: str) -> dict[tuple[str, ...], str]:
    """Return the winner that is printed for each combination: of the states in its row, and of the one above it."""
    [[head, *body]] = tables(sections(PAGE[name], 3)[operations])
    width = sum(" " not in word or word == "service name" for word in head)
    above = [word.rpartition(" ")[2] for word in head[width:]]
    printed = [((*row[:width], state), cell) for row in body for state, cell in zip(above, row[width:], strict=True)]
    assert len(dict(printed)) == len(printed), "a combination is printed twice"
    return dict(printed)


def order(name: str, operation: str) -> list[str]:
    [printed] = [sources for operations, sources in tables(PAGE[name])[0][1:] if operation in operations.split(", ")]
    return printed.split(", ")


def held(source: str, state: str, profile: OriginatorProfile) -> tuple[str | None, ...]:
    if state == "recognised":
        known = next(iter(profile.service_names))
        return (known, f" {known.upper()}\t", known.title())
    return (f" of the {source} ",) if state == "present" else HELD[state]


def winner(sources: list[str], states: dict[str, str]) -> str:
    """Return the first source, in an order, that has a value."""
    return next(source for source in sources if states.get(source, "present") in ("present", "recognised"))


@pytest.mark.parametrize("name", PROFILES)
def test_orders_and_names_equal_the_profile(name: str) -> None:
    """Ensure the page prints the sources in the profile's order, and its service names."""
    profile = PROFILES[name]
    for operation in ("start", "fork", "spawn"):
        assert order(name, operation) == [source.replace("_", " ") for source in profile.creation]
    assert order(name, "resume") == [source.replace("_", " ") for source in profile.resume]
    assert names(tables(PAGE[name])[1][1:]) == dict(profile.service_names)


@pytest.mark.parametrize("name", PROFILES)
def test_orders_and_names_equal_the_clauses(name: str) -> None:
    """Ensure ORIG-1 and ORIG-1b say the same as the page."""
    creation, resume = next(row[1:] for row in rows(load_clauses()["ORIG-1"].text) if row[0] == f"`{name}`")
    assert [creation.split(", "), resume.split(", ")] == [order(name, "start"), order(name, "resume")]
    in_clause = [row[1:] for row in rows(load_clauses()["ORIG-1b"].text) if row[0] == f"`{name}`"]
    assert names(in_clause) == names(tables(PAGE[name])[1][1:])


def test_every_profile_has_its_tables() -> None:
    """Ensure no profile is without tables, and no table without its profile."""
    assert PAGE.keys() == PROFILES.keys()


@pytest.mark.parametrize("name", PROFILES)
def test_every_combination_is_printed(name: str) -> None:
    """Ensure the tables leave no combination out: 108 at creation, 9 at resume."""
    assert set(cells(name, "Start, fork, spawn")) == set(product(STATES, NAMES, STATES, STATES))
    assert set(cells(name, "Resume")) == set(product(STATES, STATES))


@pytest.mark.parametrize("name", PROFILES)
def test_every_cell_follows_from_the_printed_order(name: str) -> None:
    """Ensure the cells are what the order above them says, whatever the reference does."""
    for states, cell in cells(name, "Start, fork, spawn").items():
        named = dict(zip(("environment", "service name", "persisted", "live parent"), states, strict=True))
        assert cell == winner(order(name, "start"), named), states
    for states, cell in cells(name, "Resume").items():
        named = dict(zip(("environment", "persisted"), states, strict=True))
        assert cell == winner(order(name, "resume"), named), states


@pytest.mark.parametrize("name", PROFILES)
def test_every_cell_is_what_the_reference_does(name: str) -> None:
    """Ensure the reference resolves each combination to the printed source's value, unchanged."""
    profile = PROFILES[name]
    for (environment, service, persisted, parent), cell in cells(name, "Start, fork, spawn").items():
        for values in product(
            held("environment", environment, profile),
            held("service name", service, profile),
            held("persisted", persisted, profile),
            held("live parent", parent, profile),
            (" of the default ", ""),
        ):
            offers = Offers(**dict(zip(FIELDS, values, strict=True)))
            assert resolve(profile, "creation", offers) == value(cell, offers, profile), offers
    for (environment, persisted), cell in cells(name, "Resume").items():
        for first, second in product(held("environment", environment, profile), held("persisted", persisted, profile)):
            offers = Offers(
                environment=first, persisted=second, service_name=next(iter(profile.service_names)),
                live_parent="never asked", default="",
            )  # fmt: skip
            assert resolve(profile, "resume", offers) == value(cell, offers, profile), offers


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("strange", ["{}_extra", "x{}", "{0} {0}", "{}\u200b"])
def test_a_service_name_matches_whole(name: str, strange: str) -> None:
    """Ensure what merely contains a known name is unknown, and falls to the next source."""
    for known in PROFILES[name].service_names:
        offers = Offers(service_name=strange.format(known), persisted="kept", default="d")
        assert resolve(PROFILES[name], "creation", offers) == "kept"


@pytest.mark.parametrize(("letter", "other"), [("k", "\u212a"), ("i", "\u0131"), ("s", "\u017f")])
def test_only_ascii_letters_match_in_another_case(letter: str, other: str) -> None:
    """Ensure letters that Unicode folds into ASCII ones make a name unknown."""
    known = {known for profile in PROFILES.values() for known in profile.service_names if letter in known}
    for profile in PROFILES.values():
        for name in known:
            assert resolve(profile, "creation", Offers(service_name=name.replace(letter, other), default="d")) == "d"


def names(table: list[list[str]]) -> dict[str, str]:
    return {name.strip("`"): originator.strip("`") for name, originator in table}


def value(source: str, offers: Offers, profile: OriginatorProfile) -> str:
    """Return what a source gives."""
    if source == "service name":
        return profile.service_names[(offers.service_name or "").strip().lower()]
    given = getattr(offers, source.replace(" ", "_"))
    assert isinstance(given, str)
    return given
