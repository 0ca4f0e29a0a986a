"""The two ports, and what differs between them: the operations, their JSON, and which levels their programs show.

Where both have an operation of one class, its method and its result are the same, so that either can be told from
the operation alone. The manager's programs have one operation more, which is the suite's: a restart.
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
from threadstore.params import Operation
from threadstore.store import METHODS

from .discovery import Registered
from .process import RestartParams

PortName: TypeAlias = Literal["store", "manager"]
#: An operation of a program, at either port.
Step: TypeAlias = Operation | ManagerOperation | RestartParams

#: What the suite's own operation is called.
RESTART = "restart"


@frozen
class Port:
    """One of the two boundaries at which programs run."""

    name: PortName
    #: The levels of which generated programs show any clause.
    levels: tuple[str, ...]
    to_json: Callable[[Any], JSON]
    from_json: Callable[[JSON], Any]


def _manager_to_json(operation: Any) -> JSON:
    if isinstance(operation, RestartParams):
        return {"operation": RESTART, "params": to_json(operation)}
    return manager_operation_to_json(operation)


def _manager_from_json(value: JSON) -> Any:
    if isinstance(value, dict) and value.get("operation") == RESTART:
        return from_json(value.get("params", {}), RestartParams)
    return manager_operation_from_json(value)


STORE = Port("store", ("core", "query"), operation_to_json, operation_from_json)
MANAGER = Port("manager", ("session",), _manager_to_json, _manager_from_json)
PORTS: dict[str, Port] = {port.name: port for port in (STORE, MANAGER)}

_METHODS: dict[type, str] = {**METHODS, **MANAGER_METHODS, RestartParams: RESTART}


def method_of(operation: Any) -> str:
    """Return what an operation of either port is called."""
    return _METHODS[type(operation)]


def ports_of(backend: Registered) -> tuple[Port, ...]:
    """Return the ports at which a backend can be judged: a store at both, with a session layer above it."""
    return (STORE, MANAGER) if isinstance(backend, Backend) else (MANAGER,)


def port_of_level(level: str) -> Port | None:
    """Return the port whose generated programs show the clauses of a level, if one's do."""
    return next((port for port in PORTS.values() if level in port.levels), None)
