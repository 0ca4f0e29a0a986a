"""Which mutants there are: broken stores and session layers, found by the entry points that name tables of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

import attrs
from attrs import field, frozen

from threadstore import Backend

from ..discovery import Registered, TargetError, find_backend, registered_backends
from ..ports import PortName

#: The entry-point group in which a package names its tables of mutants.
GROUP = "threadstore.mutants"


class Mutant(Protocol):
    """What is broken, and how: an element of a table of mutants.

    It may have an ``issue``: what it is modelled on, as ``openai/codex#4791``; several are separated by a comma.
    """

    @property
    def name(self) -> str:
        """What it is called; no other mutant is."""

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses that it breaks."""

    @property
    def story(self) -> str:
        """What it does wrong, in a sentence."""

    def backend(self) -> Registered:
        """Return the mutant as a backend."""


@frozen
class Found:
    """A mutant, and where it was found, so that another process finds it again."""

    #: ``module:attribute`` of the table, and the place in it.
    table: str
    place: int
    port: PortName
    mutant: Mutant = field(eq=False, repr=False)

    @property
    def slow(self) -> bool:
        """Whether it keeps something on a disk: then its checks take longer."""
        return not self.mutant.backend().capabilities.volatile


def find_mutants(
    ports: Sequence[str] = (), backends: Sequence[str] = (), names: Sequence[str] = ()
) -> tuple[Found, ...]:
    """Return the mutants that are asked for, in the order of their tables; raise `TargetError` when there are none.

    A mutant is one of the backend whose declared capabilities are most like its own.
    """
    every = tuple(_all_found())
    unknown = sorted(set(names) - {found.mutant.name for found in every})
    if unknown:
        raise TargetError(f"no mutant is called {unknown[0]!r}")
    asked = {find_backend(name).name for name in backends}
    bases = [find_backend(point.name) for point in registered_backends()] if backends else []
    kept = tuple(
        found
        for found in every
        if (not ports or found.port in ports)
        and (not names or found.mutant.name in names)
        and (not asked or _nearest(found.mutant.backend(), bases) in asked)
    )
    if not kept:
        raise TargetError("no mutant is left to run" if every else f"no mutants are registered in {GROUP}")
    return kept


def load_mutant(table: str, place: int) -> Mutant:
    """Return the mutant at a place of a table; raise `TargetError` when the table does not load."""
    return _load(table)[place]


def _all_found() -> Iterator[Found]:
    known: set[tuple[PortName, str]] = set()
    for point in sorted(entry_points(group=GROUP), key=_reading_place):
        for place, mutant in enumerate(_load(point.value)):
            found = Found(point.value, place, _port_of(mutant.backend()), mutant)
            if (found.port, mutant.name) in known:
                raise TargetError(f"two mutants of the {found.port} are called {mutant.name!r}; rename one")
            known.add((found.port, mutant.name))
            yield found


def _reading_place(point: EntryPoint) -> tuple[bool, str]:
    # Stores before the session layers above them.
    return point.name != "stores", point.name


def _load(table: str) -> Sequence[Mutant]:
    try:
        mutants: Sequence[Mutant] = EntryPoint(name="", value=table, group=GROUP).load()
    except (Exception, SystemExit) as error:
        raise TargetError(f"the mutants of {table} do not load: {type(error).__name__}: {error}") from error
    return mutants


def _port_of(backend: Registered) -> PortName:
    """Return the port at which a mutant is broken: a store that brings its own session layer is broken in that."""
    return "store" if isinstance(backend, Backend) and backend.session_layer is None else "manager"


def _nearest(backend: Registered, bases: Sequence[Registered]) -> str:
    """Return the name of the backend whose declared capabilities are most like those of a mutant."""
    declared = attrs.asdict(backend.capabilities).items()
    return max(bases, key=lambda base: len(declared & attrs.asdict(base.capabilities).items())).name
