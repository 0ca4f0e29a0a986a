"""Operations and answers in a few words, for tables: threads are called ``t1``, ``t2``, … in place of their ids."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs
from attrs import define, field, frozen

from threadstore import (
    StoredThread,
    StoredThreadHistory,
    ThreadPage,
    ThreadSearchPage,
    ThreadStoreError,
)
from threadstore.outcomes import Either, Err, Ok, Open, Rows
from threadstore.session import LoadedThread, LoadedThreads

from .ports import PortName, method_of
from .process import WaitParams
from .program import CURSOR_PREFIX, render, told_fields
from .thread_names import PATH_PREFIX, THREAD_PREFIX, unmade_id

#: How much is written of an answer, of a value among the arguments of an operation, and of an operation.
VALUE_WIDTH = 32
_ARGUMENT_WIDTH = 24
_OPERATION_WIDTH = 72
#: How much is written of text that stands for a whole answer.
_TEXT_WIDTH = 72

_NAMES = re.compile(
    rf"{THREAD_PREFIX}(?P<made>\d+)|{CURSOR_PREFIX}(?P<cursor>\w+)"
    r"|(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
)
_ENDINGS = re.compile(r"_(thread_metadata|thread|threads)$|(?<=append)_items$")


@frozen(kw_only=True)
class Row:
    """An operation of a program, and what was answered."""

    operation: str
    actual: str
    #: What the model answers; ``None`` where no model was asked.
    expected: str | None = None
    #: Whether this is where the two differ.
    differs: bool = False


@define
class Labels:
    """What threads are called: in the order in which a program makes them, or speaks of them where it gives the ids."""

    _port: PortName = "store"
    _known: dict[str, str] = field(factory=dict)
    _made: int = 0

    def made(self, thread_id: str) -> None:
        """Take note of the thread that the next making operation made, or was to make when the id is empty."""
        self._known[thread_id or unmade_id(self._made)] = f"t{self._made + 1}"
        self._made += 1

    def put_in(self, text: str) -> str:
        """Return a text with names in place of ids, cursors and paths."""
        return _NAMES.sub(self._name, text).replace(PATH_PREFIX, "path of ")

    def _name(self, found: re.Match[str]) -> str:
        if found["made"]:
            return f"t{int(found['made']) + 1}"
        if found["cursor"]:
            number = found["cursor"]
            return f"cursor of page {int(number) + 1}" if number.isdecimal() else "no cursor"
        if found["id"] not in self._known:
            others = sum(not name.startswith("t") for name in self._known.values())
            every = len(self._known)
            self._known[found["id"]] = f"t{every + 1}" if self._port == "store" else f"other{others + 1}"
        return self._known[found["id"]]


def brief_operation(operation: Any, labels: Labels) -> str:
    """Return an operation as a call in short: ``append(t1, 2 items)``."""
    if isinstance(operation, WaitParams):
        return f"wait({operation.milliseconds} ms)"
    told = ", ".join(_arguments(operation, labels))
    return _cut(f"{_ENDINGS.sub('', method_of(operation))}({told})", _OPERATION_WIDTH)


def brief_answer(answer: Any, labels: Labels) -> str:
    """Return a result, an error or a model's outcome in short."""
    if answer is None:
        return "ok"
    if isinstance(answer, ThreadStoreError):
        return type(answer).__name__
    if isinstance(answer, Exception):
        return _cut(one_line(f"{type(answer).__name__}: {answer}"), VALUE_WIDTH)
    if isinstance(answer, Ok):
        return brief_answer(answer.value, labels)
    if isinstance(answer, Err):
        return " or ".join(kind.value.title().replace("_", "") for kind in answer.kinds)
    if isinstance(answer, Either):
        return " or ".join(dict.fromkeys(brief_answer(each, labels) for each in answer.outcomes))
    try:
        text = _brief_result(answer)
    except (AttributeError, TypeError):
        # A store may put anything into a result.
        text = repr(answer)
    return _cut(labels.put_in(text), VALUE_WIDTH)


def brief_value(path: str, value: Any, labels: Labels) -> str:
    """Return what is at a place of an answer in short."""
    if path in ("", "error", "error.kind"):
        if not isinstance(value, str):
            return brief_answer(value, labels)
        # What is said of an error is the suite's own words.
        return _cut(labels.put_in(one_line(value) if path else repr(value)), _TEXT_WIDTH)
    text = repr(value) if isinstance(value, Exception | Open | Rows) else render(value)
    return f"{path}: {_cut(labels.put_in(text), VALUE_WIDTH)}"


def one_line(text: str) -> str:
    """Return a text with spaces in place of its line breaks."""
    return " ".join(text.splitlines())


def _brief_result(answer: Any) -> str:
    if isinstance(answer, StoredThread | LoadedThread):
        return str(answer.thread_id)
    if isinstance(answer, StoredThreadHistory):
        return _counted(answer.items)
    if isinstance(answer, LoadedThreads):
        return f"[{', '.join(answer.thread_ids)}]"
    if isinstance(answer, ThreadPage | ThreadSearchPage):
        rows: tuple[Any, ...] = tuple(answer.items)
        ids = ", ".join(str(getattr(row, "thread", row).thread_id) for row in rows)
        return f"[{ids}]{' and more' if answer.next_cursor is not None else ''}"
    if isinstance(answer, Rows):
        return f"[{', '.join(thread.thread_id for thread in answer.due[: answer.limit])}]"
    return render(answer)


def _arguments(operation: Any, labels: Labels) -> Iterator[str]:
    for name, member in told_fields(operation):
        if name == "thread_id":
            yield _word(member, labels)
        elif name == "items" and isinstance(member, list | tuple):
            yield _counted(member)
        elif attrs.has(type(member)):
            yield from (_argument(inner, each, labels) for inner, each in _flat(member))
        else:
            yield _argument(name, member, labels)


def _flat(value: Any) -> Iterator[tuple[str, Any]]:
    for name, member in told_fields(value):
        if attrs.has(type(member)):
            yield from ((f"{name}.{inner}", each) for inner, each in _flat(member))
        else:
            yield name, member


def _argument(name: str, member: Any, labels: Labels) -> str:
    return name if member is True else f"{name}={_word(member, labels)}"


def _word(member: Any, labels: Labels) -> str:
    if isinstance(member, str) and _NAMES.fullmatch(member.removeprefix(PATH_PREFIX)):
        return labels.put_in(member)
    # Not `render`, which writes cursors, paths and threads as Python does.
    text = repr(member) if isinstance(member, str) else render(member)
    return _cut(labels.put_in(text), _ARGUMENT_WIDTH)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _counted(items: Sequence[Any]) -> str:
    return f"{len(items)} item{'' if len(items) == 1 else 's'}"
