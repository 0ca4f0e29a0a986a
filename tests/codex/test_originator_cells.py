"""The matrix of originators by itself: it tells profiles apart, and the specification prints how large it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from typing import TypeAlias

import pytest

from codex.originator_cells import (
    ENDS,
    FIRST,
    SECOND,
    Place,
    Process,
    as_known,
    cells_of,
    known,
    later_cells_of,
    predicted,
    profile_for,
)
from spec.tables import page, rows, sections
from threadstore.originator import PROFILES, OriginatorProfile

Seen: TypeAlias = dict[Place, str]

#: The releases on the page.
MEASURED = ("0.144.4", "0.163.0")


def differing(profile: OriginatorProfile, other: OriginatorProfile) -> set[str]:
    """Return the ways to come about in which a thread is attributed otherwise."""
    ways = set()
    for first in FIRST:
        pairs = [(cells_of(profile, first), cells_of(other, first))]
        pairs += [(later_cells_of(profile, first, second), later_cells_of(other, first, second)) for second in SECOND]
        ways |= {how for one, two in pairs for (name, how) in one if one[name, how] != two[name, how]}
    return ways


def runs(release: str) -> Iterator[tuple[tuple[Process, ...], Seen, Seen]]:
    """Yield of each run its processes, and what is to be seen in it as predicted and as known."""
    profile = profile_for(release)
    assert profile is not None
    for first in FIRST:
        yield (
            (first,),
            predicted(cells_of(profile, first), release),
            known(cells_of(profile, as_known(first)), release),
        )
    for first, second, end in product(FIRST, SECOND, ENDS):
        yield (
            (first, second),
            predicted(later_cells_of(profile, first, second, end), release, end),
            known(later_cells_of(profile, as_known(first), as_known(second), end), release, end),
        )


def says_nothing(process: Process) -> bool:
    """Tell whether a process says something blank."""
    return not process.client or (process.environment is not None and not process.environment.strip())


@pytest.mark.parametrize(
    ("release", "name"),
    [
        ("0.142.5", None),
        ("0.143.0", "upstream-0.143"),
        ("0.144.4", "upstream-0.143"),
        ("0.145.0", None),
        ("0.147.0", "upstream-later"),
        ("0.169.0", "upstream-later"),
    ],
)
def test_a_release_has_the_profile_that_describes_it(release: str, name: str | None) -> None:
    """Ensure ranges include their ends, and what was not measured has no profile."""
    profile = profile_for(release)
    assert (profile and profile.name) == name


@pytest.mark.parametrize("pair", list(combinations(PROFILES, 2)), ids=" and ".join)
def test_the_matrix_tells_profiles_apart(pair: tuple[str, str]) -> None:
    """Ensure a binary that does as another profile says is found out by every way in which a thread comes about."""
    one, other = (PROFILES[name] for name in pair)
    assert differing(one, other) == {how for _, how in cells_of(one, FIRST[0])} | {"resumed"}


@pytest.mark.parametrize("release", MEASURED)
def test_what_is_known_to_be_otherwise_is_about_blank_values(release: str) -> None:
    """Ensure the divergences explain nothing in runs in which every process says who it is."""
    for processes, expected, seen in runs(release):
        assert expected == seen or any(map(says_nothing, processes))


def test_the_page_prints_how_much_is_measured() -> None:
    """Ensure the numbers on the page are those of the matrix."""
    printed = rows(sections(page("originator.md"), 2)["Measured"])
    for (version, profile, _, *numbers), release in zip(printed, MEASURED, strict=True):
        found = profile_for(release)
        assert found is not None
        assert [version, profile] == [release, f"`{found.name}`"]
        every = [(expected, seen) for _, expected, seen in runs(release)]
        threads = sum(len({(name, how) for name, how, _ in expected}) for expected, _ in every)
        places = sum(len(expected) for expected, _ in every)
        otherwise = sum(seen.get(place) != said for expected, seen in every for place, said in expected.items())
        assert numbers == [f"{number:,}" for number in (threads, places, otherwise)]
