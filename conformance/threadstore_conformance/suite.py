"""Every check of the suite, to be imported with ``*`` into an author's own test file.

::

    from threadstore_conformance.suite import *

    @pytest.fixture(scope="session")
    def threadstore_backend():
        return MY_BACKEND
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .checks import test_generated as _generated
from .checks import test_session_generated as _session_generated
from .directed import all_checks


def _by_name(functions: Iterable[Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Return checks by name; raise `ValueError` where two have one, of which a test file would keep the last alone."""
    named: dict[str, Callable[..., Any]] = {}
    for function in functions:
        name = function.__name__
        if name in named:
            raise ValueError(f"{named[name].__module__} and {function.__module__} both have a check {name}; rename one")
        named[name] = function
    return named


_CHECKS = _by_name(
    [
        *(check.function for check in all_checks()),
        *(
            function
            for module in (_generated, _session_generated)
            for name, function in vars(module).items()
            if name.startswith("test_")
        ),
    ]
)
globals().update(_CHECKS)

__all__ = list(_CHECKS)
