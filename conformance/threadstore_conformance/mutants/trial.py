"""What one mutant undergoes, in a process of its own, and how it tells of it while it does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Literal

from attrs import evolve, frozen

from threadstore import Backend, ManualClock

from ..directed import Check, all_checks, failures, rejects
from ..discovery import Registered, TargetError
from ..exhaustive.running import Exhaustion
from ..lockstep import Difference
from ..ports import PortName
from ..process import fresh_process
from ..results import Run
from .library import Mutant
from .programs import run_programs


@frozen(kw_only=True)
class Programs:
    """What programs of one kind showed of a mutant."""

    outcome: Literal["killed", "survived", "unfinished", "not run"]
    #: The clause that the program breaks which showed the mutant, and how many operations it has.
    clause: str | None = None
    operations: int | None = None


NOT_RUN = Programs(outcome="not run")
UNFINISHED = Programs(outcome="unfinished")


@frozen(kw_only=True)
class Trial:
    """What was seen of one mutant."""

    #: How many directed checks it was held to.
    held: int = 0
    #: The checks that blamed it.
    failed: tuple[str, ...] = ()
    #: What went wrong in the suite itself, or with the process.
    errors: tuple[str, ...] = ()
    #: What it was doing when its time was up, if it was.
    hung: str | None = None
    #: What it is doing now; nothing when all is done.
    doing: str | None = None
    #: Whether every directed check has been run.
    checked: bool = False
    generated: Programs = NOT_RUN
    exhaustive: Programs = NOT_RUN
    #: How many seconds of the trial had gone by when something killed the mutant first.
    first_kill: float | None = None
    seconds: float = 0.0

    @property
    def killed(self) -> bool:
        """Whether anything has killed it: a check that blamed it, or a program."""
        return bool(self.failed) or any(each.outcome == "killed" for each in (self.generated, self.exhaustive))


def tried(mutant: Mutant, port: PortName, *, programs: bool) -> Iterator[Trial]:
    """Try a mutant; yield what was seen of it before each step, and the whole of it last."""
    began, first_kill = time.monotonic(), None
    for seen in _steps(mutant, port, programs=programs):
        if first_kill is None and seen.killed:
            first_kill = round(time.monotonic() - began, 2)
        yield evolve(seen, first_kill=first_kill)


def _steps(mutant: Mutant, port: PortName, *, programs: bool) -> Iterator[Trial]:
    """Take the steps of a trial, and yield what was seen before each, and after the last.

    The mutant is held to every check at its port, and to those of the clauses that it breaks wherever they look: these
    come first, as it is expected to fall to them.
    """
    seen, backend, broken = Trial(), mutant.backend(), set(mutant.clauses)
    with fresh_process(backend, ManualClock()) as process:
        process.start()  # one that does not even open shows nothing: what is raised ends the trial
    for check in sorted(all_checks(), key=lambda check: not broken & set(check.clauses)):
        if (check.port == port or broken & set(check.clauses)) and not check.skipped(backend):
            yield evolve(seen, doing=check.name)
            seen = _with_check(evolve(seen, held=seen.held + 1), backend, check)
    seen = evolve(seen, checked=True)
    if programs:
        yield evolve(seen, generated=UNFINISHED, doing="generated programs")
        seen = _with_programs(seen, "generated", lambda: run_programs(backend, port))
    if programs and port == "store" and isinstance(backend, Backend):
        yield evolve(seen, exhaustive=UNFINISHED, doing="exhaustive programs")
        seen = _with_programs(seen, "exhaustive", Exhaustion(backend=backend, run=Run()).check)
    yield seen


def _with_check(seen: Trial, backend: Registered, check: Check) -> Trial:
    for error in failures(backend, [check]).values():
        if not _blames(error):
            return _with_error(seen, check.name, error)
        return evolve(seen, failed=(*seen.failed, check.name))
    return seen


def _with_programs(seen: Trial, kind: str, run: Callable[[], None]) -> Trial:
    shown = Programs(outcome="survived")
    try:
        run()
    except Difference as found:
        shown = Programs(outcome="killed", clause=found.clause, operations=len(found.operations))
    except Exception as error:
        if not _blames(error):
            return _with_error(seen, f"{kind} programs", error)
        shown = Programs(outcome="killed")
    return evolve(seen, generated=shown) if kind == "generated" else evolve(seen, exhaustive=shown)


def _blames(error: Exception) -> bool:
    """Tell whether an error is the mutant's doing: one that opened before, and then did not open or close, did that."""
    return rejects(error) or (isinstance(error, TargetError) and error.__cause__ is not None)


def _with_error(seen: Trial, where: str, error: Exception) -> Trial:
    return evolve(seen, errors=(*seen.errors, f"{where}: {type(error).__name__}: {error!s:.300}"))
