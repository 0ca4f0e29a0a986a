"""Finding backends: by the name they registered, or as ``module:attribute``.

``@PROFILE`` after either judges what was found by that profile, in place of the one that it declares: so one word says
to every command, and to every program that is printed, what is judged and by what.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TypeAlias

from attrs import evolve

from threadstore import Backend
from threadstore.registration import ManagerBackend

from .profiles import load_profiles

#: What can be judged: a store, or a session layer that shows none.
Registered: TypeAlias = Backend | ManagerBackend

#: The entry-point group in which a backend registers.
GROUP = "threadstore.backends"


class TargetError(Exception):
    """The target cannot be judged: it does not exist, or does not load, or does not open."""


def registered_backends() -> Iterator[EntryPoint]:
    """Yield the entry points of all registered backends, by name."""
    yield from sorted(entry_points(group=GROUP), key=lambda point: point.name)


def find_backend(target: str) -> Registered:
    """Return what ``NAME`` or ``module:attribute``, with or without ``@PROFILE``, names, or raise `TargetError`."""
    named, judged_otherwise, profile = target.partition("@")
    return _judged_by(profile, _found(named)) if judged_otherwise else _found(named)


def _judged_by(profile: str, backend: Registered) -> Registered:
    if profile not in load_profiles():
        raise TargetError(f"no profile is called {profile!r}; there are {', '.join(load_profiles())}")
    return evolve(backend, session=evolve(backend.session, originators=profile))


def _found(target: str) -> Registered:
    if ":" in target:
        return _load_attribute(target)
    points = {point.name: point for point in registered_backends()}
    if target not in points:
        known = ", ".join(points) or "none"
        raise TargetError(
            f"no backend is registered as {target!r} (registered: {known}); name one of these, or module:attribute"
        )
    try:
        backend = points[target].load()
    except (Exception, SystemExit) as error:
        raise TargetError(f"backend {target!r} ({points[target].value}) does not load: {_told(error)}") from error
    return _checked(backend, target)


def find_store(target: str) -> Backend:
    """Return the backend that a target names; raise `TargetError` when it shows no store."""
    backend = find_backend(target)
    if not isinstance(backend, Backend):
        raise TargetError(
            f"backend {backend.name!r} is a session layer that shows no store, and a store is needed here"
        )
    return backend


def _load_attribute(target: str) -> Registered:
    module_name, _, attribute = target.partition(":")
    # A backend under development lies in the folder where the command is run.
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        value = importlib.import_module(module_name)
        for name in attribute.split("."):
            value = getattr(value, name)
    except (Exception, SystemExit) as error:
        raise TargetError(f"target {target!r} does not load: {_told(error)}") from error
    return _checked(value, target)


def _checked(value: object, target: str) -> Registered:
    if not isinstance(value, Backend | ManagerBackend):
        raise TargetError(
            f"target {target!r} is a {type(value).__name__}, not a threadstore.Backend or threadstore.ManagerBackend"
        )
    return value


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
