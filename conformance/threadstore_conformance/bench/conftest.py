"""Which benchmarks a pytest run collects, and for which backends."""

from __future__ import annotations

from pathlib import Path

import pytest

from threadstore import Backend
from threadstore_conformance.bench.plan import PLAN, Case, Plan, cases
from threadstore_conformance.discovery import TargetError, find_backend, find_store, registered_backends


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Collect benchmarks only where this folder itself was named: a run of the suite measures nothing."""
    if file_path.name.startswith("bench_") and parent.session.isinitpath(Path(__file__).parent):
        module: pytest.Module = pytest.Module.from_parent(parent, path=file_path)
        return module
    return None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give the benchmark its cases: of the backend that was named, else of every registered one."""
    metafunc.parametrize("case", list(cases(_plan(metafunc.config))), ids=_id)


def _id(case: Case) -> str:
    return case.id


def _plan(config: pytest.Config) -> Plan:
    if PLAN in config.stash:
        return config.stash[PLAN]
    target = config.getoption("--threadstore-backend")
    try:
        return Plan([find_store(name) for name in ([target] if target else _stores())])
    except TargetError as error:
        raise pytest.UsageError(str(error)) from None


def _stores() -> list[str]:
    points = registered_backends()
    return [point.name for point in points if isinstance(find_backend(point.name), Backend)]
