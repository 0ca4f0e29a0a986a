"""Directed checks as data: which there are, what each can show broken, and which of them a store fails."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from types import ModuleType

from attrs import field, frozen

from threadstore import Backend, Capabilities, ThreadStoreError

from . import checks as package
from .lab import Lab
from .spec_text import applies, load_clauses


@frozen
class Check:
    """One directed check."""

    #: Its module and function: ``test_append.test_items_come_back_in_the_order_appended``.
    name: str
    #: The clauses that it can show broken.
    clauses: tuple[str, ...]
    #: Raises `AssertionError` when the store in the laboratory breaks one of them.
    function: Callable[[Lab], None] = field(eq=False, repr=False)

    def skipped(self, capabilities: Capabilities) -> str | None:
        """Return why a store with these capabilities is not held to the check, or ``None``."""
        known = load_clauses()
        reasons = ((clause_id, applies(known[clause_id], capabilities)) for clause_id in self.clauses)
        return next((f"{clause_id}: {reason}" for clause_id, reason in reasons if reason), None)


@cache
def all_checks() -> tuple[Check, ...]:
    """Return every directed check, module by module in the order written; raise `ValueError` for one of no clause."""
    names = (module.name for module in pkgutil.iter_modules(package.__path__) if module.name.startswith("test_"))
    return tuple(check for name in names for check in _checks_of(importlib.import_module(f"{package.__name__}.{name}")))


def failures(backend: Backend, checks: Iterable[Check]) -> dict[Check, Exception]:
    """Run the checks that apply to a backend, each on a home of its own, and return what the failed ones raised."""
    found: dict[Check, Exception] = {}
    for check in checks:
        if check.skipped(backend.capabilities):
            continue
        error = _failure(backend, check)
        if error is not None:
            found[check] = error
    return found


def rejects(error: Exception) -> bool:
    """Tell whether a check blamed the store: it found a difference, or met a refusal where none is due."""
    return isinstance(error, AssertionError | ThreadStoreError)


def _failure(backend: Backend, check: Check) -> Exception | None:
    try:
        with Lab(backend) as lab:
            check.function(lab)
    except Exception as error:
        return error
    return None


def _checks_of(module: ModuleType) -> Iterator[Check]:
    for name, function in vars(module).items():
        if not name.startswith("test_") or function.__module__ != module.__name__:
            continue
        marks = getattr(function, "pytestmark", ())
        if any(mark.name == "generated" for mark in marks):
            continue
        clauses = tuple(clause_id for mark in marks if mark.name == "clause" for clause_id in mark.args)
        if not clauses:
            raise ValueError(f"{module.__name__}.{name} names no clause; decorate it with @clause")
        yield Check(f"{module.__name__.rpartition('.')[2]}.{name}", clauses, function)
