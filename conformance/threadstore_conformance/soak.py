"""Soaking: the generated programs of the suite, seed after seed, on a backend that is held to be right.

What conforms shows no difference with any seed. One that comes is a fault of the backend, or a false alarm of the
suite.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import cattrs
from attrs import evolve, field, frozen
from hypothesis.errors import Flaky

from threadstore import SPEC_VERSION

from .certify import scratch
from .discovery import Registered, TargetError
from .expected import Expectation, Expected
from .failures import failure_of
from .generation import FOCUS, Generation, budget_of
from .lockstep import Difference
from .ports import Port, ports_of
from .report import told
from .results import Failure, Run
from .traces import save_traces, shown_again

FORMAT = "threadstore-soak/1"


@frozen(kw_only=True)
class Finding:
    """A difference that a seed showed."""

    seed: int
    #: The programs that showed it: their port, and their focus where they have one.
    programs: str
    clause: str
    #: How many operations the shrunken program has.
    operations: int
    #: The trace of the shortest program for the clause; absent where no program shows it by itself.
    trace: Path | None
    #: The whole of it, as a person reads it.
    told: str


@frozen(kw_only=True)
class Soak:
    """What some seeds showed of a backend."""

    format: str = FORMAT
    spec_version: str = SPEC_VERSION
    backend: str
    #: How many programs of the whole machine each seed was asked for, at each port.
    examples: int
    seeds: tuple[int, ...] = ()
    programs: int = 0
    #: Operations that were run, observing reads included.
    operations: int = 0
    differences: tuple[Finding, ...] = ()
    #: What kept a seed from being run, or from being run whole.
    errors: tuple[str, ...] = ()
    seconds: float = 0.0
    #: How often each finding was met, where failures are known.
    met: dict[str, int] = field(factory=dict)

    @property
    def exit_status(self) -> int:
        """0 no seed shows a difference, 1 one does, 3 one was not run."""
        if self.errors:
            return 3
        return 1 if self.differences else 0

    def with_more(self, other: Soak, seconds: float) -> Soak:
        """Return what these seeds and others showed, after so many seconds in all."""
        return evolve(
            self,
            seeds=tuple(sorted((*self.seeds, *other.seeds))),
            programs=self.programs + other.programs,
            operations=self.operations + other.operations,
            differences=(*self.differences, *other.differences),
            errors=(*self.errors, *other.errors),
            seconds=round(seconds, 1),
            met=dict(sorted((Counter(self.met) + Counter(other.met)).items())),
        )

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(_CONVERTER.unstructure(self), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Soak:
        """Read what `save` wrote."""
        return _CONVERTER.structure(json.loads(path.read_text(encoding="utf-8")), cls)


def soaked(
    backend: Registered, target: str, seed: int, examples: int, out: Path, known: tuple[Expectation, ...] = ()
) -> Soak:
    """Run the programs of one seed, of every focus at every port; save a trace of each clause shown broken.

    Programs go on past failures that are known.
    """
    began, run = time.monotonic(), Run(expected=Expected(known))
    shown: dict[str, Failure] = {}
    errors = []
    with scratch():
        for programs, check in _checks(backend, run, examples, seed):
            try:
                check()
            except Difference as difference:
                failure = failure_of(difference, (), None, target, backend)
                assert failure is not None
                shown[programs] = failure
            except (TargetError, Flaky) as error:
                errors.append(f"seed {seed}, {programs}: {_cause(error)}")
                # Of what does not open any more nothing more is to be had.
                break
    traces = {}
    if shown:
        out.mkdir(parents=True, exist_ok=True)
        traces = save_traces(shown_again(shown.values(), backend, known), backend, out)
    return Soak(
        backend=target,
        examples=examples,
        seeds=(seed,),
        programs=run.programs_run.total(),
        operations=run.operations,
        differences=tuple(_finding(seed, programs, failure, traces) for programs, failure in shown.items()),
        errors=tuple(errors) if shown or errors else tuple(_shortfalls(seed, run, ports_of(backend))),
        seconds=round(time.monotonic() - began, 1),
        met=run.expected.findings,
    )


def _checks(backend: Registered, run: Run, examples: int, seed: int) -> Iterator[tuple[str, Callable[[], None]]]:
    for port in ports_of(backend):
        generation = Generation(
            backend=backend, run=run, port=port.name, examples=examples, seed=seed, budget=budget_of(backend)
        )
        for focus in (None, *FOCUS[port.name]):
            yield f"{port.name} {focus or 'whole'}", partial(generation.check, focus)


def _cause(error: TargetError | Flaky) -> BaseException:
    """Return why programs could not be run; Hypothesis puts its own word before it where a program failed once."""
    behind = (*getattr(error, "exceptions", ()), error.__context__)
    return next((each for each in behind if isinstance(each, TargetError)), error)


def _finding(seed: int, programs: str, failure: Failure, traces: dict[str, Path]) -> Finding:
    return Finding(
        seed=seed,
        programs=programs,
        clause=failure.clause,
        operations=len(failure.operations),
        trace=traces.get(failure.clause),
        told=told(failure),
    )


def _shortfalls(seed: int, run: Run, ports: Iterable[Port]) -> Iterable[str]:
    # A seed that ran nothing shows nothing, and is no evidence.
    for port in ports:
        ran, asked = run.programs_run[port.name], run.programs_asked[port.name]
        if ran < asked:
            yield f"seed {seed} ran {ran} of the {asked} programs of the {port.name} that it was asked for"


_CONVERTER = cattrs.Converter()
_CONVERTER.register_unstructure_hook(Path, str)
_CONVERTER.register_structure_hook(Path, lambda value, _: Path(value))
