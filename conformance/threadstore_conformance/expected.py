"""Failures that are known: what is expected to fail, in which words, and which finding tells of it.

A known failure must not hide a new one. So an expectation names the clauses, the place in the answer and the words of
the failure; whatever fails otherwise fails as ever. A generated program goes on past a known difference as far as that
makes sense. An expectation that a whole run did not meet is stale, and the run fails.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import cattrs
from attrs import define, field, fields_dict, frozen
from attrs.validators import min_len
from cattrs.errors import ForbiddenExtraKeysError

from threadstore import LoadedThread, StoredThread

from .discovery import TargetError
from .lockstep import Difference
from .program import render
from .spec_text import load_clauses

FORMAT = "threadstore-expected/1"

#: A field of a thread, as a path ends with it: of the thread itself, or of one on a page.
_FIELD = re.compile(r"(?:items\[\d+\]\.)?(\w+)")

#: A field of the first record of a history.
_META_FIELD = re.compile(r"(?:history\.)?items\[0\]\.payload\.(\w+)")


def _known(_: object, __: object, clauses: tuple[str, ...]) -> None:
    if not clauses:
        raise ValueError("it names no clause")
    for clause in clauses:
        if clause not in load_clauses():
            raise ValueError(f"no clause is called {clause!r}")


def _pattern(_: object, __: object, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error


#: What is in the words of every difference.
_FRAME = ("", " breaks ", " at ", ": expected ", ", got ")


def _words(_: object, __: object, pattern: str) -> None:
    if any(re.search(pattern, words) for words in _FRAME):
        raise ValueError(f"{pattern!r} is in every text, so it tells no failure from another")


@frozen(kw_only=True)
class Expectation:
    """One way in which clauses are known to fail."""

    #: Which finding tells of it.
    finding: str = field(validator=min_len(1))
    #: The clauses that it may show broken; which one depends on what was done before.
    clauses: tuple[str, ...] = field(validator=_known)
    #: What is in the words of the failure, as a regular expression.
    says: str = field(validator=(_pattern, _words))
    #: What the whole path of a difference looks like, as a regular expression.
    path: str = field(default=".*", validator=_pattern)
    #: What is in the operation of a generated program that shows it, as a regular expression.
    asked: str = field(default="", validator=_pattern)
    #: Whether a run meets it by chance alone, as what takes a second to go by: then it is not stale when nothing did.
    seldom: bool = False

    def is_shown_by(self, difference: Difference) -> bool:
        """Tell whether what a generated program shows is this known failure."""
        asked = render(difference.operations[-1])
        return self.is_met_by(difference.clause, difference.path, str(difference), asked)

    def is_met_by(self, clause: str, path: str, message: str, asked: str = "") -> bool:
        """Tell whether a failure is this known one."""
        return (
            clause in self.clauses
            and re.fullmatch(self.path, path, re.DOTALL) is not None
            and re.search(self.says, message, re.DOTALL) is not None
            and re.search(self.asked, asked, re.DOTALL) is not None
        )


@define
class Expected:
    """The failures that a run knows of, and what met them."""

    known: tuple[Expectation, ...] = ()
    met: Counter[Expectation] = field(factory=Counter)
    #: The first difference that met each in a generated program.
    first: dict[Expectation, Difference] = field(factory=dict)

    def meets(self, difference: Difference) -> bool:
        """Tell whether a difference of a generated program is known, and take note of it."""
        found = next((each for each in self.known if each.is_shown_by(difference)), None)
        if found is not None:
            self.met[found] += 1
            self.first.setdefault(found, difference)
        return found is not None

    def finding(self, clause: str, path: str, message: str) -> Expectation | None:
        """Return the expectation that a failure of a directed check meets, and count it."""
        found = next((each for each in self.known if each.is_met_by(clause, path, message)), None)
        if found is not None:
            self.met[found] += 1
        return found

    def without(self, expectation: Expectation) -> Expected:
        """Return a new one that knows all failures but one."""
        return Expected(tuple(each for each in self.known if each != expectation))

    @property
    def findings(self) -> dict[str, int]:
        """How often each finding was met."""
        met: Counter[str] = Counter()
        for expectation, times in self.met.items():
            met[expectation.finding] += times
        return dict(sorted(met.items()))

    @property
    def stale(self) -> tuple[Expectation, ...]:
        """The expectations that nothing met, though they are not seldom."""
        return tuple(each for each in self.known if not (self.met[each] or each.seldom))


def load_expected(path: Path) -> tuple[Expectation, ...]:
    """Read a file of expectations; raise `TargetError` that says what is wrong with it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TargetError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise TargetError(f"{path} is no JSON: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise TargetError(f"{path} is no list of expected failures: its format is not {FORMAT}")
    try:
        return _READER.structure(document.get("expected"), tuple[Expectation, ...])
    except (cattrs.BaseValidationError, TypeError) as error:
        told = cattrs.transform_error(error, path="expected", format_exception=_told)
        raise TargetError(f"{path} is no list of expected failures: {'; '.join(told)}") from error


def _told(error: BaseException, wanted: type | None) -> str:
    if isinstance(error, KeyError):
        return f"it lacks {error}"
    if isinstance(error, ForbiddenExtraKeysError):
        return f"it may not have {', '.join(sorted(error.extra_fields))}"
    return {AttributeError: "it is no object", TypeError: "it is no list"}.get(type(error), str(error))


def _text(value: object, _: type) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    return value


def _truth(value: object, _: type) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


#: A word that is misspelled must not make an expectation meet more than was meant.
_READER = cattrs.Converter(forbid_extra_keys=True)
_READER.register_structure_hook(str, _text)
_READER.register_structure_hook(bool, _truth)


def is_field(path: str) -> bool:
    """Tell whether a path ends in a field of a thread, or of a history's first record, and not in another place."""
    match = _FIELD.fullmatch(path)
    return bool(_META_FIELD.fullmatch(path)) or any(
        match and match[1] in fields_dict(cls) for cls in (StoredThread, LoadedThread)
    )
