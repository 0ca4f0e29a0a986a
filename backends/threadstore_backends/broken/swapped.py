"""What broken session layers are made of: the reference's own, with one part of it swapped for another.

A part is named by its module and the attributes from there: ``thread_manager.cut``, ``live_thread.LiveThread.flush``.
It is in its place only while the manager at hand works, so that nothing else in the process sees it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from attrs import evolve, frozen

from threadstore import Backend, Capabilities, Clock, ThreadId, ThreadStore
from threadstore.originator import PROFILES
from threadstore.registration import REFERENCE_SESSION, SessionCapabilities
from threadstore.session import ProcessSettings
from threadstore.thread_manager import ThreadManager

from ..memory import BACKEND
from ..memory.store import MEMORY_CAPABILITIES
from .passing import Mutant, Opens, Passing, memory


@frozen(kw_only=True)
class Layer:
    """A session layer, and what is broken or unusual about it."""

    name: str
    #: The clauses of which the directed checks must reject it.
    clauses: tuple[str, ...]
    story: str
    manager: type[ThreadManager] = ThreadManager
    #: The part that is swapped, if one is, and what stands in for it.
    part: str | None = None
    other: Any = None
    #: What it declares.
    session: SessionCapabilities = REFERENCE_SESSION
    #: The store below it.
    store: Backend = BACKEND
    #: What the manager is made with in place of what is declared.
    made_with: Mapping[str, Any] = {}
    #: The upstream issues that it is modelled on, as those of a store.
    issue: str | None = None

    def backend(self) -> Backend:
        """Return the session layer as a backend, over its store."""
        return evolve(self.store, name=self.name, session=self.session, session_layer=self._opened)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the other part in the place of the good one, for as long as the block lasts."""
        if self.part is None:
            yield
            return
        owner, name = _place_of(self.part)
        good = vars(owner)[name]
        setattr(owner, name, self.other)
        try:
            yield
        finally:
            setattr(owner, name, good)

    def _opened(
        self, store: ThreadStore, *, settings: ProcessSettings, clock: Clock, new_id: Callable[[], ThreadId]
    ) -> Any:
        declared = {
            "profile": PROFILES[self.session.originators],
            "fork_copies_name": self.session.fork_copies_name,
            "cascades": self.session.cascades,
        }
        how = {**declared, **self.made_with}
        return _Working(self, self.manager(store, settings=settings, clock=clock, new_id=new_id, **how))


class _Working:
    """A manager that works with the other part, from each call to its return."""

    def __init__(self, layer: Layer, manager: ThreadManager) -> None:
        self._layer = layer
        self._manager = manager

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._manager, name)

        def call(*params: Any) -> Any:
            with self._layer.in_place():
                return method(*params)

        return call


def layer(*clauses: str, part: str | None = None, **given: Any) -> Callable[[Any], Layer]:
    """Make a session layer of a class or function: its name is that one's, its story the docstring.

    Without a part it is the manager's class. A function stands in for a function or method, and is given the good one
    before its arguments.
    """

    def made(definition: Any) -> Layer:
        name = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in definition.__name__)
        facts: dict[str, Any] = {
            "name": name.strip("-").replace("_", "-"),
            "clauses": clauses,
            "story": str(definition.__doc__),
        }
        if part is None:
            return Layer(**facts, manager=definition, **given)
        other = definition if isinstance(definition, type) else _given_the_good_one(part, definition)
        return Layer(**facts, part=part, other=other, **given)

    return made


def over(store: type[Passing], declared: Capabilities = MEMORY_CAPABILITIES, inside: Opens | None = None) -> Backend:
    """Return a store that passes on to a good one, to put below a session layer."""
    return Mutant("below", (), str(store.__doc__), store, declared, inside or memory(declared)).backend()


def layers_in(module: Mapping[str, Any]) -> tuple[Layer, ...]:
    """Return the session layers that a module defines, in order."""
    return tuple(value for value in module.values() if isinstance(value, Layer))


def _given_the_good_one(part: str, definition: Callable[..., Any]) -> Any:
    owner, name = _place_of(part)
    kind = type(vars(owner)[name])
    good = vars(owner)[name].fget if kind is property else getattr(owner, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        return definition(good, *args, **kwargs)

    return {property: property, classmethod: staticmethod}.get(kind, lambda plain: plain)(call)


@cache
def _place_of(part: str) -> tuple[Any, str]:
    module, *path, name = part.split(".")
    owner: Any = importlib.import_module(f"threadstore.{module}")
    for step in path:
        owner = getattr(owner, step)
    return owner, name
