"""The two ports, and what differs between them: the operations, their JSON, and which levels their programs show.

Where both have an operation of one class, its method and its result are the same, so that either can be told from
the operation alone. Programs have two operations more, which are the suite's: a wait, and at the manager's port a
restart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from attrs import frozen

from threadstore import Backend
from threadstore.codec import (
    from_json,
    manager_operation_from_json,
    manager_operation_to_json,
    operation_from_json,
    operation_to_json,
    to_json,
)
from threadstore.jsonvalue import JSON
from threadstore.manager import MANAGER_METHODS
from threadstore.manager_params import ManagerOperation
from threadstore.params import ListThreadsParams, Operation, SearchThreadsParams
from threadstore.store import METHODS

from .discovery import Registered
from .process import HandOverParams, RestartParams, WaitParams

PortName: TypeAlias = Literal["store", "manager"]
#: An operation of a program, at either port.
Step: TypeAlias = Operation | ManagerOperation | RestartParams | WaitParams

#: What is answered by a page, whose cursor has a number in the program.
LISTINGS = (ListThreadsParams, SearchThreadsParams)

#: The suite's own operations, which neither port has.
PSEUDO = (RestartParams, WaitParams)


@frozen
class Port:
    """One of the two boundaries at which programs run."""

    name: PortName
    #: The levels of which generated programs show any clause.
    levels: tuple[str, ...]
    to_json: Callable[[Any], JSON]
    from_json: Callable[[JSON], Any]


_PSEUDO_METHODS: dict[type, str] = {RestartParams: "restart", WaitParams: "wait", HandOverParams: "hand_over"}
_METHODS: dict[type, str] = {**METHODS, **MANAGER_METHODS, **_PSEUDO_METHODS}


def _with_pseudo(written: Callable[[Any], JSON], *pseudo: type) -> Callable[[Any], JSON]:
    def to(operation: Any) -> JSON:
        if isinstance(operation, pseudo):
            return {"operation": _PSEUDO_METHODS[type(operation)], "params": to_json(operation)}
        return written(operation)

    return to


def _or_pseudo(read: Callable[[JSON], Any], *pseudo: type) -> Callable[[JSON], Any]:
    classes = {_PSEUDO_METHODS[each]: each for each in pseudo}

    def of(value: JSON) -> Any:
        known = classes.get(str(value.get("operation"))) if isinstance(value, dict) else None
        return from_json(value.get("params", {}), known) if known and isinstance(value, dict) else read(value)

    return of


STORE = Port(
    "store",
    ("core", "query"),
    _with_pseudo(operation_to_json, WaitParams),
    _or_pseudo(operation_from_json, WaitParams),
)
MANAGER = Port(
    "manager",
    ("session",),
    _with_pseudo(manager_operation_to_json, *PSEUDO),
    _or_pseudo(manager_operation_from_json, *PSEUDO),
)
PORTS: dict[str, Port] = {port.name: port for port in (STORE, MANAGER)}


def method_of(operation: Any) -> str:
    """Return what an operation of either port is called."""
    return _METHODS[type(operation)]


def ports_of(backend: Registered) -> tuple[Port, ...]:
    """Return the ports at which a backend can be judged: a store at both, with a session layer above it."""
    return (STORE, MANAGER) if isinstance(backend, Backend) else (MANAGER,)


def port_of_level(level: str) -> Port | None:
    """Return the port whose generated programs show the clauses of a level, if one's do."""
    return next((port for port in PORTS.values() if level in port.levels), None)
