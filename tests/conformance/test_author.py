"""What an author of a backend writes in their own project."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]


def test_three_lines_are_enough(pytester: pytest.Pytester) -> None:
    """Ensure an author's test file gets every check as a test of its own."""
    pytester.makepyfile(
        test_mine="""
        import pytest
        from threadstore_conformance.suite import *
        from threadstore_backends.memory import BACKEND

        @pytest.fixture(scope="session")
        def threadstore_backend():
            return BACKEND
        """
    )
    result = pytester.runpytest_subprocess("-q", "--threadstore-examples", "3", "-p", "no:cacheprovider")
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] > 100
    assert "failed" not in outcomes
    assert "errors" not in outcomes


def test_the_package_can_be_run_by_name(pytester: pytest.Pytester) -> None:
    """Ensure pytest runs the installed suite against a registered backend."""
    result = pytester.runpytest_subprocess(
        "-q", "--pyargs", "threadstore_conformance", "--threadstore-backend", "memory", "--threadstore-examples", "3",
        "-k", "append or focus", "-p", "no:cacheprovider",
    )  # fmt: skip
    assert result.ret == 0


def test_a_failure_is_told_in_the_clauses_words(pytester: pytest.Pytester) -> None:
    """Ensure plain pytest shows the clause, the program and the difference too."""
    pytester.makepyfile(
        broken="""
        import attrs
        from threadstore import Backend
        from threadstore_backends.memory import BACKEND as SOUND, MemoryStore

        class Lossy(MemoryStore):
            def append_items(self, params, /):
                super().append_items(attrs.evolve(params, items=params.items[1:]))

        BACKEND = Backend(name="lossy", open=lambda home, *, clock: Lossy(clock=clock), capabilities=SOUND.capabilities)
        """
    )
    result = pytester.runpytest_subprocess(
        "--pyargs", "threadstore_conformance", "--threadstore-backend", "broken:BACKEND", "--threadstore-clause",
        "APPEND-1", "-p", "no:cacheprovider",
    )  # fmt: skip
    assert result.ret == 1
    result.stdout.fnmatch_lines(["*ThreadStore APPEND-1*", "*Items come back once each, in order*"])


def test_without_a_backend_the_suite_says_what_it_needs(pytester: pytest.Pytester) -> None:
    """Ensure a run that names no backend is told which option is missing."""
    result = pytester.runpytest_subprocess("--pyargs", "threadstore_conformance", "-x", "-p", "no:cacheprovider")
    assert result.ret != 0
    result.stderr.fnmatch_lines(["*which backend? say --threadstore-backend*"])
