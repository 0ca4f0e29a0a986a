"""Programs: sequences of operations as data, their traces, and their text as Python that runs.

Some values of an operation exist only while it runs: cursors, paths, and the ids of threads that a manager made. A
program names them: ``@cursor:0`` is the first cursor that was issued, ``@path:<thread id>`` the rollout path of a
thread, ``@thread:0`` the thread that the first making operation of a manager's program made.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from threadstore import SPEC_VERSION, UNSET, Capabilities, RolloutItem
from threadstore.codec import from_json, to_json
from threadstore.manager import MAKERS
from threadstore.params import DefaultHistoryModeParams
from threadstore.registration import REFERENCE_SESSION, SessionCapabilities
from threadstore.session import ProcessSettings

from .ports import LISTINGS, PORTS, PSEUDO, PortName, Step, method_of
from .process import RestartParams, WaitParams
from .thread_names import PATH_PREFIX as PATH_PREFIX
from .thread_names import THREAD_PREFIX, number_of, unmade_id
from .values import default_of

TRACE_FORMAT = "threadstore-trace/1"
CURSOR_PREFIX = "@cursor:"


class TraceError(ValueError):
    """The file is no trace that this version can read, or the program none that it can write."""


@frozen
class Trace:
    """A program, what it was run against, and the clause that it showed broken."""

    operations: tuple[Step, ...]
    capabilities: Capabilities
    backend: str = ""
    clause: str | None = None
    #: The port at which the operations run.
    port: PortName = "store"
    #: What the session layer declared; for a program of the manager's port.
    session: SessionCapabilities = REFERENCE_SESSION
    #: What the process was started with; for a program of the manager's port.
    settings: ProcessSettings = ProcessSettings()

    def save(self, path: Path) -> None:
        """Write the trace as JSON; raise `TraceError` when a value of it is none."""
        document = {
            "format": TRACE_FORMAT,
            "spec_version": SPEC_VERSION,
            "backend": self.backend,
            "clause": self.clause,
            "port": self.port,
            "capabilities": to_json(self.capabilities),
        }
        if self.port == "manager":
            document |= {"session": to_json(self.session), "settings": to_json(self.settings)}
        document["operations"] = [PORTS[self.port].to_json(operation) for operation in self.operations]
        try:
            # ASCII, because a program may hold what Unicode text may not: lone surrogates.
            text = json.dumps(document, indent=1, ensure_ascii=True)
        except (TypeError, ValueError) as error:
            raise TraceError(f"the program cannot be written as a trace: {error}") from error
        path.write_text(text + "\n", encoding="ascii")

    @classmethod
    def load(cls, path: Path) -> Trace:
        """Read a trace; raise `TraceError` that says what is wrong with it."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise TraceError(f"trace {path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise TraceError(f"trace {path} is not JSON: {error}") from error
        if not isinstance(document, dict) or document.get("format") != TRACE_FORMAT:
            raise TraceError(f"trace {path} is not of the format {TRACE_FORMAT}")
        try:
            # A trace of an older version says no port: it is of the only one that there was.
            port = PORTS[document.get("port", "store")]
            return cls(
                operations=tuple(port.from_json(each) for each in document["operations"]),
                capabilities=from_json(document["capabilities"], Capabilities),
                backend=document.get("backend", ""),
                clause=document.get("clause"),
                port=port.name,
                session=from_json(document.get("session", to_json(REFERENCE_SESSION)), SessionCapabilities),
                settings=from_json(document.get("settings", {}), ProcessSettings),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise TraceError(f"trace {path} has an operation that this version does not know: {error}") from error


def as_python(
    operations: Sequence[Step],
    target: str,
    refused: Iterable[int] = (),
    port: PortName = "store",
    *,
    settings: ProcessSettings | None = None,
    untold: str = "",
) -> str:
    """Return a program as Python text that runs on its own and prints its last answer.

    ``refused`` are the operations that raised; ``untold`` is what the operations do not tell, in words.
    """
    begins = settings or ProcessSettings()
    raising = frozenset(refused)
    if operations and isinstance(operations[0], RestartParams):
        # The process is started so in the first place.
        begins = operations[0].settings(begins)
        operations, raising = operations[1:], frozenset(index - 1 for index in raising)
    writer = _Writer(port, operations, raising, _names(operations, raising, port))
    said = [f"    # {untold}"] if untold else []
    return "\n".join([*writer.head(target, begins), *writer.body(), *said]) + "\n"


@frozen
class _Writer:
    """Writes the Python of one program."""

    port: PortName
    operations: Sequence[Step]
    refused: frozenset[int]
    #: What thread ids that are written out are called.
    names: dict[str, str]

    @property
    def restarts(self) -> bool:
        return any(isinstance(operation, RestartParams) for operation in self.operations)

    def head(self, target: str, settings: ProcessSettings) -> Iterator[str]:
        """Yield the imports, the ids that the program names itself, and what it opens."""
        if self.refused - {len(self.operations) - 1}:
            yield from ("from contextlib import suppress", "")
        opens = "fresh_process" if self.restarts else f"fresh_{self.port}"
        yield from ("from threadstore import *", f"from threadstore_conformance import {opens}", "")
        yield from (f"{name} = {thread_id!r}" for thread_id, name in self.names.items())
        yield from [""] if self.names else []
        waits = any(isinstance(operation, WaitParams) for operation in self.operations)
        if waits:
            yield "clock = ManualClock()"
        arguments = [repr(target), *(["clock"] if waits else [])]
        if settings != ProcessSettings():
            arguments.append(f"settings={render(settings)}")
        yield f"with {opens}({', '.join(arguments)}) as {'process' if self.restarts else self.port}:"
        if self.restarts:
            yield "    manager = process.manager"
        if not self.operations:
            yield "    pass"

    def body(self) -> Iterator[str]:
        """Yield the operations, the last of them so that its answer is seen."""
        made = issued = 0
        last = len(self.operations) - 1
        if any(isinstance(operation, LISTINGS) for operation in self.operations[:last]):
            yield "    cursors = []"
        for index, operation in enumerate(self.operations):
            call = self._call(operation, issued)
            if index == last and not isinstance(operation, PSEUDO):
                call = self._seen(call, raising=index in self.refused)
            elif index in self.refused:
                call = "with suppress(ThreadStoreError):\n" + textwrap.indent(call, "    ")
            elif isinstance(operation, LISTINGS):
                call = f"cursors += [{call}.next_cursor]"
                issued += 1
            elif isinstance(operation, MAKERS) and self._is_named(made, index + 1):
                call = f"{_variable(made)} = {call}.thread_id"
            made += isinstance(operation, MAKERS)
            yield textwrap.indent(call, "    ")

    def _is_named(self, made: int, start: int) -> bool:
        """Tell whether an operation from this one on names the thread that a making operation made."""
        return re.search(rf"{THREAD_PREFIX}{made}(?!\d)", repr(self.operations[start:])) is not None

    def _seen(self, call: str, *, raising: bool) -> str:
        shown = f"print({call})"
        if not raising:
            return shown
        return f"try:\n{textwrap.indent(shown, '    ')}\nexcept ThreadStoreError as error:\n    print(repr(error))"

    def _call(self, operation: Step, issued: int) -> str:
        if isinstance(operation, RestartParams):
            killed = ", killed=True" if operation.killed else ""
            return f"manager = process.restart({render(operation.settings())}{killed})"
        if isinstance(operation, WaitParams):
            return f"clock.advance({operation.milliseconds})"
        page = _number_of_page(getattr(operation, "cursor", None))
        if page is not None and page >= issued:
            # No such page was returned: this is a text that is no cursor.
            operation = _with_cursor(operation, f"{CURSOR_PREFIX}gone")
        method = f"{self.port}.{method_of(operation)}"
        if isinstance(operation, DefaultHistoryModeParams):
            return f"{method}()"
        cls = type(operation).__name__
        arguments = [self._named(argument) for argument in _render_fields(operation)]
        line = f"{method}({cls}({', '.join(arguments)}))"
        if len(line) <= _WIDTH:
            return line
        return f"{method}({cls}(\n" + "".join(f"    {argument},\n" for argument in arguments) + "))"

    def _named(self, text: str) -> str:
        for thread_id, name in self.names.items():
            text = text.replace(repr(thread_id), name)
        return text


def _with_cursor(operation: Any, cursor: str) -> Any:
    return attrs.evolve(operation, cursor=cursor)


def _names(operations: Sequence[Step], refused: frozenset[int], port: PortName) -> dict[str, str]:
    """Name the thread ids that a program gives itself, so that one can be told from another."""
    text = render(list(operations))
    ids = dict.fromkeys(re.findall(r"'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'", text))
    if port == "store":
        return {thread_id: f"thread_{number}" for number, thread_id in enumerate(ids, 1)}
    makers = (index for index, each in enumerate(operations) if isinstance(each, MAKERS))
    unmade = {unmade_id(number): _variable(number) for number, index in enumerate(makers) if index in refused}
    return {thread_id: f"other_{number}" for number, thread_id in enumerate(ids, 1)} | unmade


#: A call that is longer is broken into a line for each argument.
_WIDTH = 100


def _variable(number: int) -> str:
    """Return what Python text calls the thread of a making operation."""
    return f"thread_{number + 1}"


def render(value: Any) -> str:
    """Return a value as a Python expression, fields that have their defaults left out."""
    if value is UNSET:
        return "UNSET"
    if isinstance(value, RolloutItem):
        return f"RolloutItem({value.type!r}, {render(value.payload)})"
    if isinstance(value, str):
        return _render_text(value)
    if isinstance(value, float):
        return repr(value) if value == value and abs(value) != float("inf") else f"float({str(value)!r})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{render(k)}: {render(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(render(element) for element in value) + "]"
    if attrs.has(type(value)):
        return f"{type(value).__name__}({', '.join(_render_fields(value))})"
    return repr(value)


def _render_fields(value: Any) -> Iterable[str]:
    return (f"{name}={render(member)}" for name, member in told_fields(value))


def told_fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the fields of an object that are not at their defaults."""
    for attribute in attrs.fields(type(value)):
        member, default = getattr(value, attribute.name), default_of(attribute)
        if not (member is default or (type(member) is type(default) and member == default)):
            yield attribute.name, member


def _number_of_page(cursor: str | None) -> int | None:
    number = (cursor or "").removeprefix(CURSOR_PREFIX)
    return int(number) if number != cursor and number.isascii() and number.isdecimal() else None


def _render_text(text: str) -> str:
    page = _number_of_page(text)
    if page is not None:
        return f"cursors[{page}]"
    number = number_of(text)
    if number is not None:
        return _variable(number)
    if text.startswith(PATH_PREFIX):
        thread_id = text.removeprefix(PATH_PREFIX)
        read = f"ReadThreadParams(thread_id={_render_text(thread_id)}, include_archived=True)"
        port = "store" if number_of(thread_id) is None else "manager"
        return f"{port}.read_thread({read}).rollout_path"
    if len(text) > 200 and len(set(text)) == 1:
        return f"{text[0]!r} * {len(text)}"
    return repr(text)
