"""A failure as a page of Markdown: what `report` tells, with all operations, and a diagram of who said what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from .brief import Row, one_line
from .report import again_of, known_of, search_of, where_it_differs
from .results import Failure
from .spec_text import load_clauses

#: A diagram of more operations is not read any more.
_DRAWN = 12
_SUFFIX = ".md"


def save_pages(failures: Iterable[Failure], traces: Mapping[str, Path], out: Path) -> None:
    """Write a page for each failure, one of a clause; where it has a trace, with the command that runs that."""
    for failure in failures:
        trace = traces.get(failure.clause)
        page = as_markdown(failure, f"threadstore replay {trace.name} {failure.target}" if trace else "")
        (out / f"{failure.clause}{_SUFFIX}").write_text(page, encoding="utf-8", errors="backslashreplace")


def stale_pages(out: Path) -> list[Path]:
    """Return the pages that an earlier run left."""
    return [path for path in out.glob(f"*{_SUFFIX}") if path.name.removesuffix(_SUFFIX) in load_clauses()]


def as_markdown(failure: Failure, again: str = "") -> str:
    """Return the page; ``again`` is the command that runs the program once more, if one does."""
    return "\n\n".join(_parts(failure, again)) + "\n"


def _parts(failure: Failure, again: str) -> Iterator[str]:
    clause = load_clauses().get(failure.clause)
    yield f"# {clause.id} — {clause.title}" if clause else f"# {failure.clause}"
    if clause:
        yield f"{clause.strength}, level {clause.level}:"
        yield "\n".join(f"> {line}".rstrip() for line in clause.text.splitlines())
    if search := search_of(failure):
        yield f"{search}."
    if failure.rows:
        yield _table(failure.rows)
    yield _fenced(where_it_differs(failure))
    yield _fenced(failure.python, "python")
    if 0 < len(failure.rows) <= _DRAWN:
        yield _fenced("\n".join(_diagram(failure)), "mermaid")
    if known := known_of(failure):
        words, calls = known
        yield f"{words}:"
        yield "\n".join(f"{number}. {_cell(call)}" for number, call in enumerate(calls, 1))
        yield f"It runs by: `{again_of(failure)}`"
    if again:
        yield f"Again: `{again}`"


def _table(rows: tuple[Row, ...]) -> str:
    compared = any(row.expected is not None for row in rows)
    headings = ["", "#", "operation", *(["expected"] if compared else []), "actual"]
    lines = [headings, ["---"] * len(headings)]
    for number, row in enumerate(rows, 1):
        answers = [row.expected or "", row.actual] if compared else [row.actual]
        lines.append(["**>**" if row.differs else "", str(number), *map(_cell, (row.operation, *answers))])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Return a text as code that no character of it ends, nor the cell that it is in."""
    shown = one_line(text).replace("|", "\\|")
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`" if shown else ""


def _diagram(failure: Failure) -> Iterator[str]:
    who = failure.port
    yield from ("sequenceDiagram", "    participant author", f"    participant {who}")
    if any(row.expected is not None for row in failure.rows):
        yield "    participant model"
    for row in failure.rows:
        yield f"    author->>{who}: {_line(row.operation)}"
        yield f"    {who}-{'-x' if row.differs else '->>'}author: {_line(row.actual)}"
        if row.differs and row.expected is not None:
            yield f"    model-->>author: {_line(row.expected)}"


def _line(text: str) -> str:
    """Return a text in which nothing has a meaning in a diagram."""
    plain = (" " <= letter <= "~" and letter not in "#;:<>%{}\"'\\`" for letter in text)
    return "".join(letter if as_it_is else f"#{ord(letter)};" for letter, as_it_is in zip(text, plain, strict=True))


def _fenced(text: str, language: str = "") -> str:
    fence = "```" if "```" not in text else "~~~~"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
