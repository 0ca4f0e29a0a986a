"""Failures that are known: which a failure is, and the files that list them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest

from support.known import LOST_NAME, TURNS, expected_file
from threadstore_conformance.discovery import TargetError
from threadstore_conformance.expected import Expectation, Expected, is_field, load_expected


@pytest.mark.parametrize(
    ("clause", "path", "message", "is_met"),
    [
        ("ROUTE-1", "name", "read_thread breaks ROUTE-1 at name: expected 'a', got None", True),
        ("RESUME-3", "items[12].name", "expected\nmany\nlines,\ngot None", True),
        ("APPEND-1", "name", "expected 'a', got None", False),
        ("ROUTE-1", "names", "expected 'a', got None", False),
        ("ROUTE-1", "name.first", "expected 'a', got None", False),
        ("ROUTE-1", "name", "expected 'a', got 'b'", False),
    ],
)
def test_a_failure_is_known_by_its_clause_its_place_and_its_words(
    clause: str, path: str, message: str, is_met: bool
) -> None:
    """Ensure all three must agree: the place as a whole, the words somewhere."""
    assert LOST_NAME.is_met_by(clause, path, message) == is_met


def test_a_failure_without_a_place_can_be_known() -> None:
    """Ensure a plain assertion of a directed check is matched by an expectation that names no place."""
    assert attrs.evolve(LOST_NAME, path=".*").is_met_by("ROUTE-1", "", "it got None")
    assert not LOST_NAME.is_met_by("ROUTE-1", "", "it got None")


def test_the_first_that_a_failure_meets_is_counted() -> None:
    """Ensure each failure counts once, and what nothing met is stale."""
    wider = attrs.evolve(LOST_NAME, finding="F-wider", says="got ('b|'c|None)")
    expected = Expected((LOST_NAME, wider, TURNS))
    assert expected.finding("ROUTE-1", "name", "got None") is LOST_NAME
    assert expected.finding("ROUTE-1", "name", "got 'b'") is wider
    assert expected.finding("ROUTE-1", "name", "got 'c'") is wider
    assert expected.finding("ROUTE-1", "title", "got None") is None
    assert expected.met == {LOST_NAME: 1, wider: 2}
    assert expected.stale == (TURNS,)


def test_what_is_seldom_met_is_not_stale() -> None:
    """Ensure a run need not meet what takes chance, and counts it where it does."""
    seldom = attrs.evolve(TURNS, seldom=True)
    expected = Expected((LOST_NAME, seldom))
    assert expected.stale == (LOST_NAME,)
    assert expected.finding("TURN-1", "turns", "expected 0, got 1") is seldom
    assert expected.met == {seldom: 1}


def test_one_can_be_forgotten() -> None:
    """Ensure what knows all but one starts with nothing met."""
    expected = Expected((LOST_NAME, TURNS))
    expected.finding("ROUTE-1", "name", "got None")
    without = expected.without(LOST_NAME)
    assert (without.known, without.met) == ((TURNS,), {})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("name", True),
        ("items[3].name", True),
        ("items[0].payload.originator", True),
        ("preview", True),
        ("turns", True),
        ("items[3]", False),
        ("items[1:]", False),
        ("items[3].payload.message", False),
        ("error", False),
        ("git_info.sha", False),
        ("", False),
    ],
)
def test_a_field_is_told_from_another_place(path: str, expected: bool) -> None:
    """Ensure only a difference in a field of a thread leaves the rest of the answer to be compared."""
    assert is_field(path) is expected


# --- Files -------------------------------------------------------------------------------------------------------


GOOD = {"finding": "F-1", "clauses": ["ROUTE-1"], "says": "got None"}


def test_a_file_is_read(tmp_path: Path) -> None:
    """Ensure each member is taken, and a path that is not given is any."""
    path = expected_file(tmp_path, GOOD, {**GOOD, "path": "name"})
    assert load_expected(path) == (
        Expectation(finding="F-1", clauses=("ROUTE-1",), says="got None", path=".*"),
        Expectation(finding="F-1", clauses=("ROUTE-1",), says="got None", path="name"),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"{", "is no JSON: "),
        (b"\xff", "is no JSON: "),
        (b"[]", "is no list of expected failures: its format is not threadstore-expected/1"),
        (b'{"format": "threadstore-trace/1"}', "its format is not threadstore-expected/1"),
        (b'{"format": "threadstore-expected/1"}', "it is no list @ expected"),
    ],
)
def test_a_file_of_another_kind_is_one_sentence(text: bytes, says: str, tmp_path: Path) -> None:
    """Ensure the file is named, and what was looked for in it."""
    path = tmp_path / "expected.json"
    path.write_bytes(text)
    _is_refused(path, says)


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("F-1", "it is no object @ expected[0]"),
        ({"finding": "F-1", "says": ""}, "it lacks 'clauses' @ expected[0].clauses"),
        ({**GOOD, "clauses": []}, "it names no clause @ expected[0]"),
        ({**GOOD, "clauses": ["ROUTE-99"]}, "no clause is called 'ROUTE-99' @ expected[0]"),
        ({**GOOD, "clauses": "ROUTE-1"}, "no clause is called 'R' @ expected[0]"),
        ({**GOOD, "finding": ""}, "'finding' must be >= 1: 0 @ expected[0]"),
        ({**GOOD, "says": None}, "None is no text @ expected[0].says"),
        ({**GOOD, "says": "("}, "'(' is no regular expression: missing ), unterminated subpattern"),
        ({**GOOD, "says": ""}, "'' is in every text, so it tells no failure from another @ expected[0]"),
        ({**GOOD, "says": ".*"}, "'.*' is in every text"),
        ({**GOOD, "says": "breaks"}, "'breaks' is in every text"),
        ({**GOOD, "seldom": "yes"}, "'yes' is neither true nor false @ expected[0].seldom"),
        ({**GOOD, "path": "["}, "'[' is no regular expression: unterminated character set"),
        ({**GOOD, "paths": "name"}, "it may not have paths @ expected[0]"),
    ],
)
def test_a_wrong_entry_is_one_sentence(entry: Any, says: str, tmp_path: Path) -> None:
    """Ensure nothing is read as more, or as less, than it says."""
    _is_refused(expected_file(tmp_path, entry), says)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    """Ensure the system's own words are told."""
    _is_refused(tmp_path / "absent.json", "cannot be read: No such file or directory")
    _is_refused(tmp_path, "cannot be read: Is a directory")


def _is_refused(path: Path, says: str) -> None:
    with pytest.raises(TargetError) as caught:
        load_expected(path)
    told = str(caught.value)
    assert told.startswith(f"{path} ")
    assert says in told
    assert "\n" not in told
