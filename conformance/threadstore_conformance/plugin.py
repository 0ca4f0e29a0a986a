"""The pytest plugin: which backend is judged, how far, and the laboratory that checks work in.

It is loaded in every pytest run where the suite is installed, so it imports the rest of the suite only when a check
or an option asks for it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .discovery import Registered
    from .exhaustive.running import Exhaustion
    from .generation import Generation
    from .lab import Lab
    from .ports import PortName
    from .results import Failure, Result, Run
    from .session_lab import SessionLab

#: The backend under judgement and its target, when whoever runs pytest has them at hand.
BACKEND: pytest.StashKey[tuple[Registered, str]] = pytest.StashKey()
_WHICH = "which backend? say --threadstore-backend NAME or module:attribute"
_NO_STORE = "not applicable: it looks at a store, and none is shown"
_RUN: pytest.StashKey[Run] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options."""
    group = parser.getgroup("threadstore", "ThreadStore conformance")
    add = group.addoption
    add("--threadstore-backend", metavar="TARGET", help="the backend to judge: NAME or module:attribute")
    add("--threadstore-level", action="append", default=[], metavar="LEVEL", help="judge this level; may be repeated")
    add("--threadstore-clause", action="append", default=[], metavar="ID", help="judge this clause; may be repeated")
    add("--threadstore-focus", metavar="FOCUS", help="run generated programs of these few rules, and nothing else")
    add("--threadstore-examples", type=int, metavar="N", help="how many programs to generate")
    add("--threadstore-exhaustive", type=int, metavar="DEPTH", help="how long exhaustive programs are at most")
    add("--threadstore-expected", type=Path, metavar="FILE", help="a list of the failures that are expected")
    add("--threadstore-seed", type=int, default=0, metavar="N", help="the seed of generated programs (default: 0)")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers that tie a check to its clauses."""
    config.addinivalue_line("markers", "clause(*ids): the clauses of the ThreadStore spec that a check can show broken")
    config.addinivalue_line("markers", "generated(*levels): generated programs, which show any clause of these levels")
    config.addinivalue_line("markers", "laws: generated programs on which a store is compared with itself")


def run_of(config: pytest.Config) -> Run:
    """Return what the suite has found so far in this pytest run."""
    from .discovery import TargetError
    from .expected import Expected, load_expected
    from .results import Run

    if _RUN not in config.stash:
        file = config.getoption("--threadstore-expected")
        try:
            known = load_expected(file) if file else ()
        except TargetError as error:
            raise pytest.UsageError(str(error)) from None
        config.stash[_RUN] = Run(expected=Expected(known))
    return config.stash[_RUN]


@pytest.fixture(scope="session")
def threadstore_backend(request: pytest.FixtureRequest) -> Registered:
    """The backend under judgement; override this in your own conftest or test file to judge yours."""
    from .discovery import TargetError, find_backend

    if BACKEND in request.config.stash:
        return request.config.stash[BACKEND][0]
    target = request.config.getoption("--threadstore-backend")
    if not target:
        raise pytest.UsageError(_WHICH)
    try:
        return find_backend(target)
    except TargetError as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture
def lab(request: pytest.FixtureRequest, threadstore_backend: Registered) -> Iterator[Lab]:
    """A store on a fresh home, for one check."""
    from threadstore import Backend

    from .lab import Lab

    _skip_unless_held(request, threadstore_backend)
    if not isinstance(threadstore_backend, Backend):
        pytest.skip(_NO_STORE)
    with Lab(threadstore_backend) as lab:
        yield lab


@pytest.fixture
def session_lab(request: pytest.FixtureRequest, threadstore_backend: Registered) -> Iterator[SessionLab]:
    """A session layer on a fresh home, for one check."""
    from .session_lab import SessionLab

    _skip_unless_held(request, threadstore_backend)
    with SessionLab(threadstore_backend) as session_lab:
        yield session_lab


def _skip_unless_held(request: pytest.FixtureRequest, backend: Registered) -> None:
    from .spec_text import first_not_held

    reason = first_not_held(_clauses_of(request.node), backend)
    if reason:
        pytest.skip(reason)


@pytest.fixture
def threadstore_generation(request: pytest.FixtureRequest, threadstore_backend: Registered) -> Generation:
    """Generated runs against the store under judgement."""
    from threadstore import Backend

    if not isinstance(threadstore_backend, Backend):
        pytest.skip(_NO_STORE)
    return _generation(request, threadstore_backend, "store")


@pytest.fixture
def threadstore_exhaustion(request: pytest.FixtureRequest, threadstore_backend: Registered) -> Exhaustion:
    """Exhaustive runs against the store under judgement."""
    from threadstore import Backend

    from .exhaustive.running import DEFAULT_DEPTH, Exhaustion

    if not isinstance(threadstore_backend, Backend):
        pytest.skip(_NO_STORE)
    depth = request.config.getoption("--threadstore-exhaustive") or DEFAULT_DEPTH
    return Exhaustion(backend=threadstore_backend, run=run_of(request.config), depth=depth)


@pytest.fixture
def threadstore_session_generation(request: pytest.FixtureRequest, threadstore_backend: Registered) -> Generation:
    """Generated runs against the session layer under judgement."""
    return _generation(request, threadstore_backend, "manager")


def _generation(request: pytest.FixtureRequest, backend: Registered, port: PortName) -> Generation:
    from .generation import DEFAULT_EXAMPLES, Generation, budget_of

    option = request.config.getoption
    return Generation(
        backend=backend,
        port=port,
        run=run_of(request.config),
        examples=option("--threadstore-examples") or DEFAULT_EXAMPLES,
        seed=option("--threadstore-seed"),
        budget=budget_of(backend),
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the checks that were not asked for."""
    option = config.getoption
    own = Path(__file__).parent / "checks"
    named = option("--threadstore-backend") or BACKEND in config.stash
    if not named and any(own in item.path.parents for item in items):
        raise pytest.UsageError(_WHICH)
    levels, clauses = option("--threadstore-level"), option("--threadstore-clause")
    focus = option("--threadstore-focus")
    if not (levels or clauses or focus):
        return
    kept = [item for item in items if _asked_for(item, levels, clauses, focus)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _asked_for(item: pytest.Item, levels: list[str], clauses: list[str], focus: str | None) -> bool:
    from .spec_text import load_clauses

    generated = item.get_closest_marker("generated")
    shown = set(generated.args) if generated else set()
    if focus:
        params = getattr(getattr(item, "callspec", None), "params", {})
        return params.get("focus") == focus and bool(shown) and (not levels or bool(shown & set(levels)))
    own = _clauses_of(item)
    if not own:
        # Generated programs show any clause of their levels; one clause alone has its directed checks.
        return not clauses and bool(shown & set(levels))
    known = load_clauses()
    return (not clauses or bool(set(clauses) & set(own))) and (
        not levels or any(known[clause_id].level in levels for clause_id in own)
    )


def _clauses_of(item: Any) -> tuple[str, ...]:
    return tuple(clause_id for marker in item.iter_markers("clause") for clause_id in marker.args)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what became of a check of the suite, and tell a failure in the clause's own words."""
    report = yield
    is_check = {"lab", "session_lab"} & set(getattr(item, "fixturenames", ())) or item.get_closest_marker("generated")
    if is_check and (report.when == "call" or not report.passed):
        result = _result(item, call, report)
        run_of(item.config).results.append(result)
        if result.failure:
            from .report import told

            report.sections.append((f"ThreadStore {result.failure.clause}", told(result.failure)))
    return report


def _argument(item: pytest.Item, name: str) -> Any:
    return getattr(item, "funcargs", {}).get(name)


def _laboratory(item: pytest.Item) -> Lab | SessionLab | None:
    lab: Lab | SessionLab | None = _argument(item, "lab") or _argument(item, "session_lab")
    return lab


def _target(item: pytest.Item) -> str:
    _, target = item.config.stash.get(BACKEND, (None, item.config.getoption("--threadstore-backend")))
    return target or getattr(_argument(item, "threadstore_backend"), "name", "?")


def _result(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> Result:
    from attrs import evolve

    from .failures import failure_of
    from .results import Result

    clauses = _clauses_of(item)
    failure = None
    reason = ""
    outcome: Any = report.outcome
    if report.skipped:
        reason = report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
    elif report.failed and call.excinfo is not None:
        if report.when == "call":
            failure = failure_of(
                call.excinfo.value, clauses, _laboratory(item), _target(item), _argument(item, "threadstore_backend")
            )
        failure = failure or _unopened(item, call.excinfo.value)
        if failure is None:
            outcome = "error"
            reason = f"{call.excinfo.typename}: {call.excinfo.value}"
    if failure is not None:
        known = run_of(item.config).expected.finding(failure.clause, failure.path or "", failure.message)
        failure = evolve(failure, finding=known.finding) if known else failure
    return Result(
        check=item.name, clauses=clauses, outcome=outcome, reason=reason, seconds=report.duration, failure=failure
    )


def _unopened(item: pytest.Item, error: BaseException) -> Failure | None:
    """Return how a backend failed that was opened before, and now did not open or close; nothing for other errors."""
    from hypothesis.errors import Flaky

    from .discovery import TargetError
    from .program import as_python
    from .results import Failure

    if isinstance(error, Flaky):
        # Hypothesis tells so that a program failed once, and not again or otherwise.
        behind = (*getattr(error, "exceptions", ()), error.__context__)
        return next((found for each in behind if each and (found := _unopened(item, each))), None)
    # With a cause, it is the backend's own code that failed; without one, the suite asked for what cannot be had.
    if BACKEND not in item.config.stash or not isinstance(error, TargetError) or error.__cause__ is None:
        return None
    at_manager = {"session_lab", "threadstore_session_generation"} & set(getattr(item, "fixturenames", ()))
    port: PortName = "manager" if at_manager else "store"
    return Failure(
        clause="ROUTE-2" if at_manager else "READ-3",
        message=f"it was opened before, and then: {error}",
        operations=(),
        python=as_python((), _target(item), (), port) + "    # and so on, home after home\n",
        port=port,
        target=_target(item),
    )
