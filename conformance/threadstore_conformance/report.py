"""How findings are shown to a person."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable, Mapping

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .brief import Labels, brief_operation
from .program import Trace
from .results import Failure
from .shortest import shortest_known
from .spec_text import load_clauses

#: Lines of a program and of a table that are shown; all of it is in the trace.
SHOWN_LINES = 30
_SHOWN_WIDTH = 2_000
#: A table is no wider.
_TABLE_WIDTH = 120


def told(failure: Failure, width: int = 100) -> str:
    """Return a failure as text: the clause's own words, what was answered, and the program that shows it."""
    written = Console(file=io.StringIO(), width=min(width, _TABLE_WIDTH), color_system=None)
    written.print(table_of(failure, plain=True))
    lines = (line.rstrip() for line in written.file.getvalue().splitlines())  # type: ignore[attr-defined]
    table = "\n".join(line.encode("ascii", "backslashreplace").decode() for line in lines)
    return "\n\n".join([*_head(failure, width), *([table] if failure.rows else []), *_tail(failure)])


def show(failure: Failure, console: Console) -> None:
    """Print what `told` returns; on a terminal the table has its colours."""
    if not console.is_terminal:
        console.print(told(failure, console.width), markup=False, highlight=False, soft_wrap=True)
        return
    for part in _head(failure, console.width):
        console.print(part, "", sep="\n", markup=False, highlight=False, soft_wrap=True)
    if failure.rows:
        console.print(table_of(failure), width=min(console.width, _TABLE_WIDTH))
    console.print("\n\n".join(_tail(failure)), markup=False, highlight=False, soft_wrap=True)


def told_failures(failures: Iterable[Failure], shown_again: Mapping[str, Failure]) -> tuple[Failure, ...]:
    """Return one failure of each clause: the one that is shown again, or else the one with the smallest program."""
    told = dict(shown_again)
    for failure in sorted(failures, key=lambda failure: (not failure.operations, len(failure.operations))):
        told.setdefault(failure.clause, failure)
    return tuple(told.values())


def table_of(failure: Failure, *, plain: bool = False) -> Table:
    """Return the operations with what was expected and what came, the last of them when there are many."""
    table = Table(box=box.ASCII2 if plain else box.ROUNDED)
    for heading in ("", "#", "operation", *(("expected",) if _is_compared(failure) else ()), "actual"):
        table.add_column(heading, justify="right" if heading == "#" else "left", overflow="fold")
    first = max(0, len(failure.rows) - SHOWN_LINES)
    if first:
        table.add_row("", "", f"({_counted(first)} before these)")
    for number, row in enumerate(failure.rows[first:], first + 1):
        answers = [row.expected or "", row.actual] if _is_compared(failure) else [row.actual]
        cells = [Text(cell) for cell in (">" if row.differs else "", str(number), row.operation, *answers)]
        table.add_row(*cells, style="bold red" if row.differs and not plain else "")
    return table


def where_it_differs(failure: Failure) -> str:
    """Return where answer and model differ and by what, or what was asserted in vain."""
    if failure.path is None:
        return textwrap.indent(failure.message[:_SHOWN_WIDTH], "    ")
    where = failure.path or "the answer"
    return f"Differs at {where}:\n    expected  {failure.expected}\n    actual    {failure.actual}"


def search_of(failure: Failure) -> str:
    """Return how the program was found, in words; empty when it was not searched for."""
    if not failure.runs:
        return ""
    count = len(failure.operations)
    if failure.minimal:
        return f"{_counted(count)}, none of which can be left out or made simpler ({failure.runs} programs run)"
    return f"{_counted(count)}; a smaller program may exist, since the search ended after {failure.runs} programs"


def known_of(failure: Failure) -> tuple[str, tuple[str, ...]] | None:
    """Return the shortest known program of the clause in words and its operations in short, if it is shorter."""
    known = shortest_known(failure.clause)
    if known is None or 0 < len(failure.operations) <= len(known.operations):
        return None
    labels = Labels(known.port)
    return words_of(known, failure.clause), tuple(brief_operation(operation, labels) for operation in known.operations)


def words_of(known: Trace, clause_id: str) -> str:
    """Return what the shortest known program of a clause is, and what lockstep calls it where that is another one."""
    called = "" if known.clause == clause_id else f", which lockstep calls {known.clause}"
    found = f"{_counted(len(known.operations))}, on the mutant {known.backend}"
    return f"The shortest program known to break {clause_id} ({found}){called}"


def again_of(failure: Failure) -> str:
    """Return the command that runs the shortest known program of the clause."""
    return f"threadstore replay {failure.clause} {failure.target}"


def _is_compared(failure: Failure) -> bool:
    return any(row.expected is not None for row in failure.rows)


def _counted(operations: int) -> str:
    return f"{operations} operation{'' if operations == 1 else 's'}"


def _head(failure: Failure, width: int) -> list[str]:
    clause = load_clauses().get(failure.clause)
    parts = []
    if clause:
        parts.append(f"{clause.id} — {clause.title} ({clause.strength}, {clause.level})")
        parts.append(textwrap.indent(_wrapped(clause.text, width - 4), "    "))
    search = search_of(failure)
    return [*parts, f"{search}:"] if search else parts


def _tail(failure: Failure) -> list[str]:
    parts = [where_it_differs(failure), "The program:", textwrap.indent(_shortened(failure.python.rstrip()), "    ")]
    known = known_of(failure)
    if known:
        words, calls = known
        numbered = "\n".join(f"    {number}  {call}" for number, call in enumerate(calls, 1))
        parts.append(f"{words}:\n\n{numbered}\n\nIt runs by: {again_of(failure)}")
    return parts


def _shortened(program: str) -> str:
    lines = [line if len(line) <= _SHOWN_WIDTH else f"{line[:_SHOWN_WIDTH]}…" for line in program.splitlines()]
    start = next((number for number, line in enumerate(lines) if line.startswith("with ")), 0) + 1
    hidden = len(lines) - start - SHOWN_LINES
    if hidden > 0:
        lines[start : start + hidden] = [f"    # … {hidden} lines before these: the trace has them all"]
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> str:
    return "\n\n".join(_wrapped_paragraph(paragraph, width) for paragraph in text.split("\n\n"))


def _wrapped_paragraph(paragraph: str, width: int) -> str:
    lines = paragraph.splitlines()
    if lines[0].startswith("|"):
        return paragraph
    # A line that begins a list's entry begins a line here too.
    entries: list[str] = []
    for line in lines:
        if line.startswith("* ") or not entries:
            entries.append(line)
        else:
            entries[-1] += " " + line.strip()
    return "\n".join(textwrap.fill(entry, width, subsequent_indent="  " * entry.startswith("* ")) for entry in entries)
