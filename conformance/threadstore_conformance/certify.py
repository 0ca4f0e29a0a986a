"""Certifying a backend: the suite's own pytest run, and the certificate made of what it found."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import attrs
import pytest
from attrs import frozen
from hypothesis.configuration import set_hypothesis_home_dir

from threadstore import Backend, ManualClock
from threadstore.manager import MANAGER_METHODS
from threadstore.store import METHODS

from . import plugin
from .certificate import Certificate, clause_reports, few, level_reports, overall
from .counted import counted
from .directed import all_checks
from .discovery import Registered, TargetError, find_backend
from .exhaustive.running import DEFAULT_DEPTH
from .expected import load_expected
from .generation import DEFAULT_EXAMPLES, FOCUS
from .known import PROGRAM, known_results, report_of, save_programs
from .nested import undisturbed
from .pages import save_pages, stale_pages
from .ports import MANAGER, PORTS, STORE, Port, ports_of
from .process import fresh_process
from .report import told_failures
from .results import Failure, Result, Run
from .spec_text import LEVELS, load_clauses
from .traces import save_traces, shown_again

#: Called before the first check with their number, and after each with its result.
Progress = Callable[[int, Result | None], None]


@frozen(kw_only=True)
class Request:
    """What to certify, and how far."""

    target: str
    #: Levels to judge: all that have clauses when none is named.
    levels: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()
    focus: str | None = None
    examples: int = DEFAULT_EXAMPLES
    #: How many operations the programs of exhaustive runs have at most.
    exhaustive: int = DEFAULT_DEPTH
    seed: int = 0
    #: A file that lists the failures that are expected.
    expected: Path | None = None
    #: Where the certificate, JUnit's file and traces go; nowhere when not given.
    out: Path | None = None

    @property
    def narrowed(self) -> bool:
        """Whether only a part of what a level demands is looked at."""
        return bool(self.clauses or self.focus)

    @property
    def asked_levels(self) -> tuple[str, ...]:
        """The levels that get a verdict: those named, or those of the clauses named, or all that have clauses."""
        known = load_clauses()
        return self.levels or tuple(dict.fromkeys(known[clause_id].level for clause_id in self.clauses or known))

    @property
    def shortfall(self) -> str:
        """What the generated programs lack that a certificate takes, in words; empty when they are enough."""
        if self.examples < DEFAULT_EXAMPLES:
            return f"only {self.examples} of the {DEFAULT_EXAMPLES} programs that a certificate takes"
        return ""

    @property
    def contradiction(self) -> str:
        """Why nothing can be judged so, in words; empty when something can."""
        unknown = [clause_id for clause_id in self.clauses if clause_id not in load_clauses()]
        if unknown:
            return f"no clause is called {unknown[0]}; `threadstore spec` lists them all"
        if not self.focus:
            return ""
        if self.clauses:
            return "--focus runs generated programs and --clause directed checks: name one of the two"
        shown = [level for port in _ports_of_focus(self.focus) for level in port.levels]
        if self.levels and not set(shown) & set(self.levels):
            return f"--focus {self.focus} shows clauses of {' and '.join(shown)}, not of {' or '.join(self.levels)}"
        return ""


@frozen
class Certification:
    """The certificate, and the failures behind it."""

    certificate: Certificate
    #: One of each clause that was broken.
    failures: tuple[Failure, ...]
    #: The traces of those that their operations alone show again, by clause.
    traces: dict[str, Path]
    #: The clauses that directed checks of theirs showed broken.
    directed: frozenset[str]
    #: What pytest said, for when the harness itself failed.
    log: str


def certify(request: Request, progress: Progress | None = None) -> Certification:
    """Judge a backend; raise `TargetError` when there is nothing to judge."""
    if request.contradiction:
        raise TargetError(request.contradiction)
    backend = find_backend(request.target)
    if request.expected:
        load_expected(request.expected)
    _look(backend, request)
    began = time.monotonic()
    run, log, status = _run_suite(request, backend, progress)
    if status is not None:
        run.results.append(Result(check="the suite's pytest run", clauses=(), outcome="error", reason=status))
    run.results += known_results(run, backend, request.target)
    clauses = clause_reports(run, backend, request.asked_levels, request.clauses)
    reports = level_reports(clauses, run, backend, request.asked_levels, request.shortfall)
    absent = sorted(_expected(request) - {result.check for result in run.results})
    verdict, reason = overall(reports, run, narrowed=request.narrowed, absent=absent)
    certificate = Certificate(
        suite_version=version("threadstore"),
        backend=backend.name,
        backend_version=backend.version,
        port=ports_of(backend)[0].name,
        capabilities=attrs.asdict(backend.capabilities),
        session=attrs.asdict(backend.session),
        profile=backend.session.originators,
        verdict=verdict,
        reason=reason,
        narrowed=request.narrowed,
        seed=request.seed,
        examples=request.examples,
        programs=run.programs_run.total(),
        operations=run.operations,
        seconds=round(time.monotonic() - began, 1),
        levels=tuple(reports),
        clauses=tuple(clauses),
        expected=report_of(
            run, whole=not (request.narrowed or request.shortfall), absent=() if request.narrowed else absent
        ),
        **counted(run, backend, [port.name for port in _judged_ports(request, backend)]),
    )
    failures = [result.failure for result in run.results if result.failure]
    again = shown_again(failures, backend, run.expected.known) if request.out else {}
    told, traces = told_failures(failures, again), {}
    if request.out:
        certificate.save(request.out / "certificate.json")
        traces = save_traces(again, backend, request.out)
        save_programs(run, request.out)
        save_pages(told, traces, request.out)
    directed = frozenset(r.failure.clause for r in run.results if r.failure and r.failure.clause in r.clauses)
    return Certification(certificate, told, traces, directed, log)


def _look(backend: Registered, request: Request) -> None:
    """Raise `TargetError` unless a backend opens, and opens what can be judged as the request asks."""
    if request.focus and not set(_ports_of_focus(request.focus)) & set(ports_of(backend)):
        raise TargetError(f"--focus {request.focus} is about a store, and backend {backend.name!r} shows none")
    with fresh_process(backend, ManualClock()) as process:
        # A store that lacks some methods is judged with what it has; nothing at all is no store.
        if isinstance(backend, Backend) and process.store is None:
            raise TargetError(f"backend {backend.name!r} opens None in place of a store: {_lacking(None, METHODS)}")
        lacking = _lacking(process.manager, MANAGER_METHODS)
        if lacking and set(MANAGER.levels) & set(request.asked_levels):
            kind = type(process.manager).__name__
            raise TargetError(f"backend {backend.name!r} opens a {kind} in place of a session layer: {lacking}")


def _lacking(opened: object, methods: Mapping[type, str]) -> str:
    missing = [name for name in methods.values() if not callable(getattr(opened, name, None))]
    return f"it has no {few(missing)}" if missing else ""


def _judged_ports(request: Request, backend: Registered) -> list[Port]:
    """Return the ports whose programs a verdict rests on: none of a narrowed run, which has none."""
    levels = set() if request.narrowed else set(request.asked_levels)
    return [port for port in ports_of(backend) if levels & set(port.levels)]


def _ports_of_focus(focus: str) -> list[Port]:
    return [port for port in PORTS.values() if focus in FOCUS[port.name]]


def _expected(request: Request) -> set[str]:
    """Return the names of the checks that a run must have performed to certify what was asked."""
    levels = set(request.levels) or set(LEVELS)
    clauses = load_clauses()
    directed = {
        check.function.__name__
        for check in all_checks()
        if any(clauses[clause_id].level in levels for clause_id in check.clauses)
    }
    generated: set[str] = set()
    for port in PORTS.values():
        if levels & set(port.levels):
            name = GENERATED[port.name]
            generated |= {name, *(f"{name}_of[{focus}]" for focus in FOCUS[port.name])}
            generated |= {EXHAUSTIVE} if port is STORE else set()
    return directed | generated


#: The check that runs generated programs, by port.
EXHAUSTIVE = "test_exhaustive_programs"
GENERATED = {"store": "test_generated_programs", "manager": "test_generated_session_programs"}


class _Watch:
    """Passes the course of the run on to whoever shows it, and keeps what the suite found."""

    def __init__(self, backend: Registered, target: str, progress: Progress | None) -> None:
        self.run = Run()
        self._target = target
        self._backend = backend
        self._progress = progress
        self._told = 0

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[plugin.BACKEND] = self._backend, self._target

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.run = plugin.run_of(session.config)
        if self._progress:
            self._progress(len(session.items), None)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._progress and len(self.run.results) > self._told:
            self._told = len(self.run.results)
            self._progress(0, self.run.results[-1])


def _run_suite(request: Request, backend: Registered, progress: Progress | None) -> tuple[Run, str, str | None]:
    """Run the checks under pytest; return what was found, what pytest said, and what broke it, if something did."""
    watch = _Watch(backend, request.target, progress)
    said = io.StringIO()
    with undisturbed(), scratch(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = pytest.main(_arguments(request), plugins=[watch])
    ended = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
    problem = None if status in ended else f"pytest ended with status {int(status)}: {_last_line(said.getvalue())}"
    return watch.run, said.getvalue(), problem


@contextlib.contextmanager
def scratch() -> Iterator[None]:
    """Keep the run's working files out of the caller's folder."""
    with tempfile.TemporaryDirectory(prefix="threadstore-hypothesis-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _arguments(request: Request) -> list[str]:
    checks = Path(__file__).parent / "checks"
    options: list[Any] = [
        checks, "--rootdir", checks, "-c", os.devnull, "--import-mode=importlib", "-q", "--tb=short",
        "--capture=sys",
        "-p", "no:cacheprovider", "-p", "no:benchmark", "-p", "threadstore", "-m", "not laws", "--strict-markers",
        "--threadstore-examples", request.examples, "--threadstore-seed", request.seed,
        "--threadstore-exhaustive", request.exhaustive,
    ]  # fmt: skip
    for option, values in (("level", request.levels), ("clause", request.clauses)):
        for value in values:
            options += [f"--threadstore-{option}", value]
    if request.focus:
        options += ["--threadstore-focus", request.focus]
    if request.expected:
        options += ["--threadstore-expected", request.expected]
    if request.out:
        request.out.mkdir(parents=True, exist_ok=True)
        options += ["--junitxml", request.out / "junit.xml", "-o", "junit_suite_name=threadstore"]
    return [str(option) for option in options]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "it said nothing"


def clear(out: Path) -> None:
    """Remove what an earlier run left, so that nothing old can be taken for this run's."""
    for stale in (
        out / "certificate.json",
        out / "junit.xml",
        *out.glob("*.trace.json"),
        *out.glob(f"*{PROGRAM}"),
        *stale_pages(out),
    ):
        stale.unlink(missing_ok=True)
