"""Directed checks as data: which there are, what each can show broken, and which of them a store fails."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from inspect import signature
from types import ModuleType
from typing import Any

import pytest
from attrs import field, frozen

from threadstore import Backend, ThreadStoreError

from . import checks as package
from .discovery import Registered
from .lab import Lab
from .ports import PortName
from .session_lab import SessionLab
from .spec_text import first_not_held

#: What a check asks for, by the name of its argument: a laboratory at one of the ports.
LABORATORIES: dict[str, PortName] = {"lab": "store", "session_lab": "manager"}


@frozen
class Check:
    """One directed check."""

    #: Its module and function: ``test_append.test_items_come_back_in_the_order_appended``.
    name: str
    #: The clauses that it can show broken.
    clauses: tuple[str, ...]
    #: Where it looks.
    port: PortName
    #: Raises `AssertionError` when what is in the laboratory breaks one of them.
    function: Callable[[Any], None] = field(eq=False, repr=False)

    def skipped(self, backend: Registered) -> str | None:
        """Return why a backend is not held to the check, or ``None``."""
        if self.port == "store" and not isinstance(backend, Backend):
            return "not applicable: it looks at a store, and none is shown"
        return first_not_held(self.clauses, backend)

    def run(self, backend: Registered) -> None:
        """Perform it on a home of its own; raise what it raises."""
        if self.port == "manager":
            with SessionLab(backend) as session_lab:
                self.function(session_lab)
        elif isinstance(backend, Backend):
            with Lab(backend) as lab:
                self.function(lab)
        else:
            raise TypeError(f"{self.name} looks at a store, and {backend.name} shows none")


@cache
def all_checks() -> tuple[Check, ...]:
    """Return every directed check, module by module in the order written; raise `ValueError` for one of no clause."""
    names = (module.name for module in pkgutil.iter_modules(package.__path__) if module.name.startswith("test_"))
    return tuple(check for name in names for check in _checks_of(importlib.import_module(f"{package.__name__}.{name}")))


def failures(backend: Registered, checks: Iterable[Check]) -> dict[Check, Exception]:
    """Run the checks that apply to a backend, each on a home of its own, and return what the failed ones raised."""
    found: dict[Check, Exception] = {}
    for check in checks:
        if check.skipped(backend):
            continue
        error = _failure(backend, check)
        if error is not None:
            found[check] = error
    return found


def rejects(error: Exception) -> bool:
    """Tell whether a check blamed the store: it found a difference, or met a refusal where none is due."""
    return isinstance(error, AssertionError | ThreadStoreError)


def _failure(backend: Registered, check: Check) -> Exception | None:
    try:
        check.run(backend)
    except pytest.skip.Exception:
        return None
    except Exception as error:
        return error
    return None


def _checks_of(module: ModuleType) -> Iterator[Check]:
    for name, function in vars(module).items():
        if not name.startswith("test_") or function.__module__ != module.__name__:
            continue
        marks = getattr(function, "pytestmark", ())
        if any(mark.name in ("generated", "laws") for mark in marks):
            continue
        clauses = tuple(clause_id for mark in marks if mark.name == "clause" for clause_id in mark.args)
        if not clauses:
            raise ValueError(f"{module.__name__}.{name} names no clause; decorate it with @clause")
        ports = [port for argument, port in LABORATORIES.items() if argument in signature(function).parameters]
        if len(ports) != 1:
            raise ValueError(f"{module.__name__}.{name} must take one of {', '.join(LABORATORIES)}")
        yield Check(f"{module.__name__.rpartition('.')[2]}.{name}", clauses, ports[0], function)
