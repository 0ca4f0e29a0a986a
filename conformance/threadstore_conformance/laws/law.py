"""What a law is, what it claims of two programs, and how a store that breaks it is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from attrs import field, frozen

from threadstore import Backend, Operation
from threadstore.params import DefaultHistoryModeParams

from ..answers import Stray
from ..program import as_python, render
from .told import first_difference
from .trials import Program, Ran, Reopen, Trials


@frozen
class Point:
    """Two values that must be equal."""

    #: What the values are of.
    what: str
    expected: Any
    actual: Any
    #: What is run after each of the two programs to see them.
    after_first: Program = ()
    after_second: Program = ()


@frozen
class Claim:
    """That two programs show the same, point by point."""

    first: Ran
    second: Ran
    points: tuple[Point, ...]


#: Takes a program, runs it and its variants, and says what must be equal.
Claims: TypeAlias = Callable[[Program, Trials], Iterator[Claim]]


@frozen
class Law:
    """What holds between runs of a program, or of variants of it."""

    name: str
    #: The clauses that it can show broken.
    clauses: tuple[str, ...]
    #: One sentence.
    says: str
    claims: Claims = field(repr=False)
    #: Whether it speaks only of stores that outlive their process.
    lasting: bool = False

    def skipped(self, backend: Backend) -> str | None:
        """Return why a backend is not held to the law, or ``None``."""
        return "volatile: nothing outlives the process" if self.lasting and backend.capabilities.volatile else None

    def check(self, program: Program, trials: Trials) -> int:
        """Raise the `Violation` that a program shows; return how many claims held."""
        held = 0
        try:
            for claim in self.claims(program, trials):
                for point in claim.points:
                    found = first_difference(point.expected, point.actual)
                    if found:
                        raise Violation(self, trials.backend.name, claim, point, *found)
                held += 1
        except Stray as stray:
            odd, run = Point("an answer", stray.expected, stray.actual), Ran(program)
            claim = Claim(run, run, (odd,))
            found = stray.path, stray.expected, stray.actual
            raise Violation(self, trials.backend.name, claim, odd, *found) from stray.__cause__
        return held


class Violation(AssertionError):
    """A store that breaks a law: two programs that must show the same, and where they do not."""

    def __init__(
        self, law: Law, backend: str, claim: Claim, point: Point, path: str, expected: Any, actual: Any
    ) -> None:
        super().__init__(law.name, path)
        self.law = law
        self.clauses = law.clauses
        self.backend = backend
        #: The two programs, with what is run after each to see the difference.
        self.first = claim.first.then(point.after_first, point.expected)
        self.second = claim.second.then(point.after_second, point.actual)
        self.what = point.what
        #: Where in what was seen, and what each program showed there.
        self.path = path
        self.expected = expected
        self.actual = actual

    def __str__(self) -> str:
        at = f", at {self.path}" if self.path else ""
        return (
            f"{self.backend} breaks the law {self.law.name!r} ({', '.join(self.clauses)}): {self.law.says}\n"
            f"  {self.what}{at}:\n"
            f"    one program shows {_brief(self.expected)}\n"
            f"    the other shows   {_brief(self.actual)}\n\n{self.python(self.backend)}"
        )

    def python(self, target: str) -> str:
        """Return both programs as Python that runs."""
        one, other = _as_python(self.first, target), _as_python(self.second, target)
        return f"# one program, twice\n{one}" if one == other else f"# one program\n{one}\n# the other\n{other}"


def _brief(value: Any) -> str:
    text = repr(value) if isinstance(value, Exception) else render(value)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}… ({len(text):,} characters)"


_WIDTH = 500


def _as_python(run: Ran, target: str) -> str:
    # No law's program asks for the default mode, so its line can stand for the opening.
    text = as_python([_IN_PLACE if isinstance(step, Reopen) else step for step in run.program], target, run.refused)
    if not any(isinstance(step, Reopen) for step in run.program):
        return text
    text = text.replace("from threadstore_conformance import fresh_store", _IMPORT)
    text = re.sub(
        r"with fresh_store\((.*)\) as store:", r"with fresh_stores(\1) as opened:\n    store = opened()", text
    )
    return text.replace("    store.default_history_mode()", "    store = opened()")


_IN_PLACE: Operation = DefaultHistoryModeParams()
_IMPORT = "from threadstore_conformance.laws import fresh_stores"
