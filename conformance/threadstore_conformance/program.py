"""Programs: sequences of operations as data, their traces, and their text as Python that runs.

Two values of an operation exist only while a store runs: its cursors and its paths. A program names them:
``@cursor:0`` is the first cursor that was issued, ``@path:<thread id>`` the rollout path of a thread.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from threadstore import SPEC_VERSION, UNSET, Capabilities, Operation, RolloutItem
from threadstore.codec import from_json, operation_from_json, operation_to_json, to_json
from threadstore.params import DefaultHistoryModeParams
from threadstore.store import METHODS

TRACE_FORMAT = "threadstore-trace/1"
CURSOR_PREFIX = "@cursor:"
PATH_PREFIX = "@path:"


class TraceError(ValueError):
    """The file is no trace that this version can read, or the program none that it can write."""


@frozen
class Trace:
    """A program, what it was run against, and the clause that it showed broken."""

    operations: tuple[Operation, ...]
    capabilities: Capabilities
    backend: str = ""
    clause: str | None = None

    def save(self, path: Path) -> None:
        """Write the trace as JSON; raise `TraceError` when a value of it is none."""
        document = {
            "format": TRACE_FORMAT,
            "spec_version": SPEC_VERSION,
            "backend": self.backend,
            "clause": self.clause,
            "capabilities": to_json(self.capabilities),
            "operations": [operation_to_json(operation) for operation in self.operations],
        }
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
            return cls(
                operations=tuple(operation_from_json(each) for each in document["operations"]),
                capabilities=from_json(document["capabilities"], Capabilities),
                backend=document.get("backend", ""),
                clause=document.get("clause"),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise TraceError(f"trace {path} has an operation that this version does not know: {error}") from error


def as_python(operations: Sequence[Operation], target: str, refused: Iterable[int] = ()) -> str:
    """Return a program as Python text that runs on its own; ``refused`` are the operations that raised."""
    raising = set(refused)
    names = _names(operations)
    lines = ["from contextlib import suppress", ""] if raising else []
    lines += ["from threadstore import *", "from threadstore_conformance import fresh_store", ""]
    lines += [f"{name} = {thread_id!r}" for thread_id, name in names.items()]
    lines += [*([""] if names else []), f"with fresh_store({target!r}) as store:"]
    pages = [index for index, each in enumerate(operations) if "cursor" in dir(each) and index not in raising]
    lines += ["    cursors = []"] if pages else []
    for index, operation in enumerate(operations):
        call = _call(operation, names)
        if index in raising:
            lines.append("    with suppress(ThreadStoreError):")
            call = textwrap.indent(call, "    ")
        elif index in pages:
            call = f"cursors += [{call}.next_cursor]"
        lines.append(textwrap.indent(call, "    "))
    return "\n".join(lines) + "\n"


def _names(operations: Sequence[Operation]) -> dict[str, str]:
    """Name the thread ids of a program, so that one can be told from another."""
    text = render(list(operations))
    ids = dict.fromkeys(re.findall(r"'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'", text))
    return {thread_id: f"thread_{number}" for number, thread_id in enumerate(ids, 1)}


#: A call that is longer is broken into a line for each argument.
_WIDTH = 100


def _call(operation: Operation, names: dict[str, str]) -> str:
    method = METHODS[type(operation)]
    if isinstance(operation, DefaultHistoryModeParams):
        return f"store.{method}()"
    cls = type(operation).__name__
    arguments = [_named(argument, names) for argument in _render_fields(operation)]
    line = f"store.{method}({cls}({', '.join(arguments)}))"
    if len(line) <= _WIDTH:
        return line
    return f"store.{method}({cls}(\n" + "".join(f"    {argument},\n" for argument in arguments) + "))"


def _named(text: str, names: dict[str, str]) -> str:
    for thread_id, name in names.items():
        text = text.replace(repr(thread_id), name)
    return text


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
    for attribute in attrs.fields(type(value)):
        member = getattr(value, attribute.name)
        default = attribute.default
        if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
            default = default.factory()
        if member is default or (type(member) is type(default) and member == default):
            continue
        yield f"{attribute.name}={render(member)}"


def _render_text(text: str) -> str:
    if text.startswith(CURSOR_PREFIX) and text.removeprefix(CURSOR_PREFIX).isdecimal():
        return f"cursors[{text.removeprefix(CURSOR_PREFIX)}]"
    if text.startswith(PATH_PREFIX):
        thread_id = text.removeprefix(PATH_PREFIX)
        read = f"ReadThreadParams(thread_id={thread_id!r}, include_archived=True)"
        return f"store.read_thread({read}).rollout_path"
    if len(text) > 200 and len(set(text)) == 1:
        return f"{text[0]!r} * {len(text)}"
    return repr(text)
