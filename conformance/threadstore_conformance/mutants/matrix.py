"""The kill matrix: which clauses' directed checks reject which mutants, and what follows from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal

import attrs
from attrs import frozen

from threadstore import SPEC_VERSION

from ..directed import all_checks
from ..ports import PortName
from ..spec_text import Clause, load_clauses
from .library import Found
from .trial import Trial

FORMAT = "threadstore-kill-matrix/1"

#: The levels of which every MUST clause must kill a mutant that no other clause kills.
JUDGED_LEVELS = ("core", "query", "session")

Fate = Literal["killed", "survived", "hung", "error"]


@frozen(kw_only=True)
class Row:
    """A mutant, and what became of it."""

    name: str
    port: PortName
    #: The clauses that it breaks.
    clauses: tuple[str, ...]
    story: str
    issue: str | None
    fate: Fate
    #: Clauses whose directed checks blame it, in reading order.
    killed_by: tuple[str, ...]
    #: The clause that alone kills it, if one does: that to which every check that blames it belongs first of all.
    unique: str | None
    trial: Trial


@frozen(kw_only=True)
class KillMatrix:
    """All mutants of a run, and the clauses that they were held to."""

    rows: tuple[Row, ...]
    #: Clauses of which a check was run, in reading order.
    clauses: tuple[str, ...]
    #: Whether a part of the mutants alone was run: then nothing is said of what kills none on its own.
    narrowed: bool
    jobs: int
    seconds: float
    #: Seconds within which something has to kill each mutant.
    limit: float

    @classmethod
    def of(cls, mutants: Iterable[Found], trials: Iterable[Trial], **facts: Any) -> KillMatrix:
        """Return the matrix of what was seen of some mutants."""
        rows = tuple(_row(found, trial) for found, trial in zip(mutants, trials, strict=True))
        ports = {row.port for row in rows}
        tried = {clause_id for check in all_checks() if check.port in ports for clause_id in check.clauses}
        return cls(rows=rows, clauses=tuple(filter(tried.__contains__, load_clauses())), **facts)

    @property
    def survivors(self) -> tuple[Row, ...]:
        """Mutants that nothing killed, those that hang included."""
        return tuple(row for row in self.rows if row.fate in ("survived", "hung"))

    @property
    def slowest(self) -> Row | None:
        """The mutant whose first kill took longest."""
        killed = [row for row in self.rows if row.fate == "killed"]
        return max(killed, key=lambda row: row.trial.first_kill or 0.0, default=None)

    @property
    def late(self) -> tuple[Row, ...]:
        """Mutants that were killed, and too late."""
        return tuple(row for row in self.rows if row.fate == "killed" and (row.trial.first_kill or 0.0) > self.limit)

    @property
    def falls_to(self) -> dict[str, tuple[Row, ...]]:
        """The mutants that exhaustive programs were tried on, by the least that kills them.

        Of some it is not known, because the trial was not finished, and some nothing kills.
        """
        tried = [row for row in self.rows if row.trial.exhaustive.outcome != "not run"]
        return {kind: tuple(row for row in tried if _least(row.trial) == kind) for kind in _LEAST}

    @property
    def errors(self) -> tuple[str, ...]:
        """What went wrong in the suite itself."""
        return tuple(f"{row.name}: {error}" for row in self.rows for error in row.trial.errors)

    @property
    def unique_kills(self) -> dict[str, int]:
        """How many mutants each clause alone kills."""
        return dict(Counter(row.unique for row in self.rows if row.unique))

    @property
    def shared(self) -> tuple[Clause, ...]:
        """MUST clauses that kill no mutant on their own; none of a narrowed run."""
        alone = self.unique_kills
        demands = (load_clauses()[clause_id] for clause_id in self.clauses)
        return tuple(
            clause
            for clause in demands
            if clause.strength == "MUST" and clause.level in JUDGED_LEVELS and clause.id not in alone
            if not self.narrowed
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many mutants there are, and were killed, by what."""
        return {
            "mutants": len(self.rows),
            "killed": sum(row.fate == "killed" for row in self.rows),
            "killed_by_directed_checks": sum(bool(row.killed_by) for row in self.rows),
            "killed_by_generated_programs": sum(row.trial.generated.outcome == "killed" for row in self.rows),
            "killed_by_exhaustive_programs": sum(row.trial.exhaustive.outcome == "killed" for row in self.rows),
            "killed_by_one_clause_alone": sum(row.unique is not None for row in self.rows),
            "survived": sum(row.fate == "survived" for row in self.rows),
            "hung": sum(row.fate == "hung" for row in self.rows),
            "errors": len(self.errors),
        }

    def exit_status(self, *, allow_shared: bool = False) -> int:
        """0 every mutant is killed in time, 1 one is not or a MUST clause kills none on its own, 3 the suite erred."""
        if self.errors:
            return 3
        return 1 if self.survivors or self.late or (self.shared and not allow_shared) else 0

    def to_json(self) -> dict[str, Any]:
        """Return everything that was found, for programs to read."""
        return {
            "format": FORMAT,
            "spec_version": SPEC_VERSION,
            "narrowed": self.narrowed,
            "jobs": self.jobs,
            "seconds": self.seconds,
            "counts": self.counts,
            "survivors": [row.name for row in self.survivors],
            "late": [row.name for row in self.late],
            "slowest_first_kill": self.slowest
            and {"name": self.slowest.name, "seconds": self.slowest.trial.first_kill},
            "falls_to": {kind: [row.name for row in rows] for kind, rows in self.falls_to.items()},
            "without_unique_kill": [clause.id for clause in self.shared],
            "errors": list(self.errors),
            "unique_kills": {clause_id: self.unique_kills.get(clause_id, 0) for clause_id in self.clauses},
            "mutants": [_row_to_json(row) for row in self.rows],
        }


#: What kills a mutant, from the least to the most: short programs of few values, programs of random data, and
#: programs that somebody wrote for a clause.
_LEAST = ("exhaustive_programs", "generated_programs", "directed_checks", "nothing", "unfinished")


def _least(trial: Trial) -> str:
    if trial.exhaustive.outcome == "killed":
        return "exhaustive_programs"
    if trial.exhaustive.outcome == "unfinished" or trial.errors:
        return "unfinished"
    if trial.generated.outcome == "killed":
        return "generated_programs"
    return "directed_checks" if trial.failed else "nothing"


def _row(found: Found, trial: Trial) -> Row:
    owners = [_clauses_by_check()[name] for name in trial.failed]
    marked = {clause_id for clauses in owners for clause_id in clauses}
    first = {clauses[0] for clauses in owners}
    return Row(
        name=found.mutant.name,
        port=found.port,
        clauses=tuple(found.mutant.clauses),
        story=found.mutant.story,
        issue=getattr(found.mutant, "issue", None),
        fate=_fate(trial),
        killed_by=tuple(filter(marked.__contains__, load_clauses())),
        unique=first.pop() if len(first) == 1 and trial.checked else None,
        trial=trial,
    )


def _fate(trial: Trial) -> Fate:
    if trial.errors:
        return "error"
    if not trial.checked:
        return "hung"
    if trial.killed:
        return "killed"
    return "hung" if trial.hung else "survived"


@cache
def _clauses_by_check() -> dict[str, tuple[str, ...]]:
    return {check.name: check.clauses for check in all_checks()}


def _row_to_json(row: Row) -> dict[str, Any]:
    trial = row.trial
    return {
        "name": row.name,
        "port": row.port,
        "clauses": list(row.clauses),
        "story": row.story,
        "issue": row.issue,
        "fate": row.fate,
        "killed_by": list(row.killed_by),
        "unique": row.unique,
        "checks": {"held": trial.held, "failed": list(trial.failed)},
        "generated": attrs.asdict(trial.generated),
        "exhaustive": attrs.asdict(trial.exhaustive),
        "hung": trial.hung,
        "errors": list(trial.errors),
        "first_kill": trial.first_kill,
        "seconds": trial.seconds,
    }
