"""How findings are shown to a person."""

from __future__ import annotations

import textwrap

from .results import Failure
from .spec_text import load_clauses


def told(failure: Failure, width: int = 100) -> str:
    """Return a failure as text: the clause's own words, the program, and what came of it."""
    clause = load_clauses().get(failure.clause)
    parts = []
    if clause:
        parts.append(f"{clause.id} — {clause.title} ({clause.strength}, {clause.level})")
        parts.append(textwrap.indent(_wrapped(clause.text, width - 4), "    "))
    parts.append("The program:")
    parts.append(textwrap.indent(_shortened(failure.python.rstrip()), "    "))
    if failure.path is not None:
        where = failure.path or "the answer"
        parts.append(f"Differs at {where}:\n    expected  {failure.expected}\n    actual    {failure.actual}")
    else:
        parts.append(textwrap.indent(failure.message[:_SHOWN_WIDTH], "    "))
    return "\n\n".join(parts)


#: Lines of a program that are shown; all of it is in the trace.
_SHOWN_LINES = 30
_SHOWN_WIDTH = 2_000


def _shortened(program: str) -> str:
    lines = [line if len(line) <= _SHOWN_WIDTH else f"{line[:_SHOWN_WIDTH]}…" for line in program.splitlines()]
    start = next((number for number, line in enumerate(lines) if line.startswith("with ")), 0) + 1
    hidden = len(lines) - start - _SHOWN_LINES
    if hidden > 0:
        lines[start : start + hidden] = [f"    # … {hidden} operations before these: the trace has them all"]
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
