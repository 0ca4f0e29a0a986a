"""The kill matrix as a page that a person reads: one file, with nothing to load from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby
from typing import Any

from ..directed import all_checks
from ..ports import PortName
from ..spec_text import load_clauses
from .matrix import KillMatrix, Row
from .trial import Programs

#: What the mutants of a port are called.
_KINDS: dict[PortName, str] = {"store": "Broken stores", "manager": "Broken session layers"}

_COUNTS = {
    "mutants": "mutants",
    "killed": "killed",
    "killed_by_directed_checks": "by directed checks",
    "killed_by_generated_programs": "by generated programs",
    "killed_by_exhaustive_programs": "by exhaustive programs",
    "killed_by_one_clause_alone": "by one clause alone",
    "survived": "survived",
    "hung": "hung",
    "errors": "errors of the suite",
}

#: Those that exhaustive programs were tried on, by the least that kills them.
_FALLEN = {
    "exhaustive_programs": "{} fall to exhaustive programs alone",
    "generated_programs": "{} more need random data: they fall to generated programs",
    "directed_checks": "{} more need a check of their own",
    "nothing": "{} fall to nothing",
    "unfinished": "{} were not tried to the end",
}

_STYLE = """
:root { color-scheme: light dark; --line: #d5d9de; --dim: #6a7380; --page: #fff; --head: #f3f5f7; --alone: #0b7a4b;
  --also: #b7c9dd; --own: #fdf3d6; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --line: #343b44; --dim: #98a2ae; --page: #14181d; --head: #1e242b;
  --alone: #35c98a; --also: #47607d; --own: #3a3217; --bad: #ff8a80; } }
body { font: 14px/1.45 system-ui, sans-serif; margin: 1.5rem; background: var(--page); }
h1 { font-size: 1.5rem; margin: 0 0 .3rem } h2 { font-size: 1.15rem; margin: 1.8rem 0 .5rem }
p, li { max-width: 60rem } .dim { color: var(--dim) } .bad { color: var(--bad); font-weight: 600 }
.counts { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; list-style: none }
.counts li { border: 1px solid var(--line); border-radius: 6px; padding: .3rem .7rem } .counts b { font-size: 1.2rem }
.scroll { overflow: auto; max-height: 88vh; border: 1px solid var(--line); border-radius: 6px }
table { border-collapse: separate; border-spacing: 0; font-size: 12px }
th, td { border-right: 1px solid var(--line); border-bottom: 1px solid var(--line); padding: 1px 4px;
  text-align: center; font-weight: 400 }
td { min-width: 1rem } tbody tr:hover > * { background: var(--head) }
thead th { position: sticky; top: 0; background: var(--head); vertical-align: bottom; z-index: 1 }
thead th span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap }
thead b { display: block }
tr > th:first-child { position: sticky; left: 0; text-align: left; white-space: nowrap; background: var(--page) }
thead tr > th:first-child { z-index: 2; background: var(--head) }
tbody th.group { background: var(--head); font-weight: 600 }
td.alone { color: var(--alone) } td.also { color: var(--also) } td.own { background: var(--own) }
"""


def as_html(matrix: KillMatrix) -> str:
    """Return the page."""
    tables = "".join(_table(matrix, port) for port in _KINDS if any(row.port == port for row in matrix.rows))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>Kill matrix</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{_summary(matrix)}{tables}</body>\n</html>\n"
    )


def _summary(matrix: KillMatrix) -> str:
    counts = "".join(
        f"<li{_class('bad' if count and name in ('survived', 'hung', 'errors') else '')}><b>{count}</b> {_COUNTS[name]}"
        for name, count in matrix.counts.items()
    )
    narrowed = "<p class=bad>This run was narrowed to some of the mutants: it does not judge the suite.</p>\n"
    return (
        "<h1>Kill matrix</h1>\n<p>Which broken store or session layer is rejected by the directed checks of which"
        " clause. The one thing that each does wrong is shown where the pointer rests on its name.</p>\n"
        f"<ul class=counts>{counts}</ul>\n{narrowed if matrix.narrowed else ''}"
        f"{_first_kills(matrix)}"
        f"{_listed('Survivors', (_survivor(row) for row in matrix.survivors))}"
        f"{_listed('Errors of the suite', map(escape, matrix.errors))}"
        f"{_listed('MUST clauses that kill no mutant on their own', map(_clause_named, matrix.shared))}"
        "<p class=dim>● the clause alone kills the mutant; ○ it does, and so do others; shaded: the clause that the"
        " mutant breaks. Under generated and exhaustive stands the number of operations of the smallest program found"
        f" that shows it. {matrix.seconds:,.0f} s in {matrix.jobs} processes.</p>\n"
    )


def _first_kills(matrix: KillMatrix) -> str:
    if matrix.slowest is None:
        return ""
    late = "".join(
        f", <span class=bad>{escape(row.name)} only after {row.trial.first_kill} s</span>" for row in matrix.late
    )
    slowest = f"{escape(matrix.slowest.name)} after {matrix.slowest.trial.first_kill} s"
    least = "".join(_fallen(kind, rows) for kind, rows in matrix.falls_to.items() if rows)
    return f"<p>The slowest first kill is that of {slowest}{late}.</p>\n{least}"


def _fallen(kind: str, rows: Iterable[Row]) -> str:
    names = [escape(row.name) for row in rows]
    return f"<details><summary>{_FALLEN[kind].format(len(names))}</summary><p>{', '.join(names)}</p></details>\n"


def _listed(heading: str, entries: Iterable[str]) -> str:
    lines = "".join(f"<li>{entry}\n" for entry in entries)
    return f"<h2>{heading}</h2>\n<ul>\n{lines}</ul>\n" if lines else ""


def _survivor(row: Row) -> str:
    hangs = f" <span class=bad>It hangs in {escape(str(row.trial.hung))}.</span>" if row.fate == "hung" else ""
    return f"<b>{escape(row.name)}</b> ({escape(', '.join(row.clauses))}): {escape(row.story)}{hangs}"


def _clause_named(clause: Any) -> str:
    return f"<b>{clause.id}</b> {escape(clause.title)}"


def _table(matrix: KillMatrix, port: PortName) -> str:
    rows = sorted((row for row in matrix.rows if row.port == port), key=_reading_place)
    own = {clause_id for check in all_checks() if check.port == port for clause_id in check.clauses}
    own.update(clause_id for row in rows for clause_id in row.killed_by)
    clauses = [clause_id for clause_id in load_clauses() if clause_id in own]
    groups = "".join(_group(first, list(group), clauses) for first, group in groupby(rows, lambda row: row.clauses[0]))
    return f"<h2>{_KINDS[port]}</h2>\n<div class=scroll><table>\n{_head(matrix, clauses)}{groups}</table></div>\n"


def _reading_place(row: Row) -> int:
    known = list(load_clauses())
    return known.index(row.clauses[0]) if row.clauses[0] in known else len(known)


def _head(matrix: KillMatrix, clauses: Iterable[str]) -> str:
    alone, known = matrix.unique_kills, load_clauses()
    columns = "".join(
        f'<th title="{escape(known[each].title)}: {alone.get(each, 0)} that it alone kills">'
        f"<span>{each}</span><b>{alone.get(each, '')}</b>"
        for each in clauses
    )
    more = "".join(f"<th><span>{each}</span>" for each in ("generated", "exhaustive", "seconds"))
    return f"<thead><tr><th>mutant<br><b>killed by the clause alone</b>{columns}{more}</thead>\n"


def _group(first: str, rows: Iterable[Row], clauses: list[str]) -> str:
    clause = load_clauses().get(first)
    heading = f"{first} — {clause.title}" if clause else first
    lines = "".join(_line(row, clauses) for row in rows)
    return f"<tbody><tr><th class=group>{escape(heading)}<td colspan={len(clauses) + 3}>\n{lines}</tbody>\n"


def _line(row: Row, clauses: Iterable[str]) -> str:
    name = f"<th{_class('' if row.fate == 'killed' else 'bad')}>{escape(row.name)}"
    told = f"{row.story} ({row.issue})" if row.issue else row.story
    cells = "".join(_cells(row, clauses))
    return f'<tr title="{escape(told)}">{name}{cells}\n'


def _cells(row: Row, clauses: Iterable[str]) -> Iterator[str]:
    for clause_id in clauses:
        kind = "alone" if row.unique == clause_id else "also" if clause_id in row.killed_by else ""
        kinds = " ".join(filter(None, (kind, "own" if clause_id in row.clauses else "")))
        title = f' title="{clause_id}: {escape(row.story)}"' if kind else ""
        yield f"<td{_class(kinds)}{title}>{ {'alone': '●', 'also': '○'}.get(kind, '') }"
    yield from (_programs(programs) for programs in (row.trial.generated, row.trial.exhaustive))
    yield f"<td>{row.trial.seconds:.1f}"


def _programs(programs: Programs) -> str:
    if programs.outcome != "killed":
        return {"survived": "<td>–", "unfinished": "<td class=bad>…", "not run": "<td>"}[programs.outcome]
    return f'<td title="breaks {programs.clause}">{programs.operations or "✕"}'


def _class(names: str) -> str:
    return f' class="{names}"' if names else ""
