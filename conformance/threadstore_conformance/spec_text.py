"""The clauses of the specification, read from its prose.

A clause is a level-two heading, a line of strength, level, port and needs, the demand, and two last paragraphs that
start ``Why:`` and ``Source:``. Anything else under such a heading is a `ValueError` that names the file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import attrs
from attrs import frozen

from threadstore.registration import REFERENCE_SESSION, Backend, Capabilities, ManagerBackend, SessionCapabilities

STRENGTHS = ("MUST", "SHOULD", "MAY")
LEVELS = ("core", "query", "session", "durable", "concurrent")
PORTS = ("store", "manager", "both")

#: The pages in the order in which one reads them; a page that is not named here follows by its name.
READING_ORDER = (
    "ids", "life", "append", "patch", "read", "archive_delete", "list_search",
    "originator", "fork", "resume", "sync", "routing", "local",
)  # fmt: skip


@frozen(kw_only=True)
class Clause:
    """One numbered demand of the specification."""

    #: ``APPEND-3``; never given to another demand.
    id: str
    title: str
    #: One of `STRENGTHS`.
    strength: str
    #: One of `LEVELS`.
    level: str
    #: One of `PORTS`.
    port: str
    #: Capabilities that a store must declare, or with ``not`` before the name must not, for the clause to hold.
    needs: tuple[str, ...]
    #: The demand, in Markdown.
    text: str
    rationale: str
    #: Where the demand comes from.
    source: str
    #: The page and line of the heading, under the package ``threadstore_spec``: ``clauses/append.md:49``.
    path: str


@cache
def load_clauses() -> dict[str, Clause]:
    """Return every clause by its id, in reading order."""
    pages = [page for page in (files("threadstore_spec") / "clauses").iterdir() if page.name.endswith(".md")]
    clauses: dict[str, Clause] = {}
    for page in sorted(pages, key=_reading_place):
        for clause in parse_clauses(page.read_text(encoding="utf-8"), f"clauses/{page.name}"):
            if clause.id in clauses:
                raise ValueError(f"{clause.path}: {clause.id} is also at {clauses[clause.id].path}")
            clauses[clause.id] = clause
    return clauses


def applies(clause: Clause, capabilities: Capabilities, session: SessionCapabilities = REFERENCE_SESSION) -> str | None:
    """Return why what has these capabilities is not held to a clause, such as ``needs paths``, or ``None``."""
    for need in clause.needs:
        name = need.removeprefix("not ")
        flags: Any = capabilities if hasattr(capabilities, name) else session
        declared = getattr(flags, name) not in (False, None)
        if declared == (need != name):
            kind = getattr(attrs.fields(type(flags)), name).metadata["kind"]
            return f"not observed: needs {need}" if kind == "consumer" else f"needs {need}"
    return None


def speaks_of(clause: Clause, backend: Backend | ManagerBackend) -> bool:
    """Tell whether a clause is about what a backend shows: one about stores says nothing of a manager alone."""
    return isinstance(backend, Backend) or clause.port != "store"


def not_held(clause: Clause, backend: Backend | ManagerBackend) -> str | None:
    """Return why a backend is not held to a clause, or ``None``."""
    if not speaks_of(clause, backend):
        return "not applicable: it is about a store, and none is shown"
    return applies(clause, backend.capabilities, backend.session)


def first_not_held(clause_ids: Iterable[str], backend: Backend | ManagerBackend) -> str | None:
    """Return which of these clauses a backend is not held to, and why, or ``None``."""
    known = load_clauses()
    reasons = ((clause_id, not_held(known[clause_id], backend)) for clause_id in clause_ids)
    return next((f"{clause_id}: {reason}" for clause_id, reason in reasons if reason), None)


def parse_clauses(page: str, path: str) -> Iterator[Clause]:
    """Yield the clauses of one page; raise `ValueError` naming ``path`` and line where it is no clause."""
    lines = page.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("## ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield _parse_clause(lines[start:end], path, start + 1)


_HEADING = re.compile(r"## ([A-Z]+-[0-9]+[a-z]?) — (\S.*)")
_TERMS = re.compile(r"\*([^*]+)\*")
_NEEDS = frozenset(a.name for cls in (Capabilities, SessionCapabilities) for a in attrs.fields(cls))


def _reading_place(page: Traversable) -> tuple[int, str]:
    name = page.name.removesuffix(".md")
    return (READING_ORDER.index(name) if name in READING_ORDER else len(READING_ORDER)), name


def _parse_clause(lines: list[str], path: str, number: int) -> Clause:
    heading = _HEADING.fullmatch(lines[0])
    if not heading:
        raise ValueError(f"{path}:{number}: a clause's heading reads '## ID-1 — Title', not {lines[0]!r}")
    strength, level, port, needs = _parse_terms(lines[1] if len(lines) > 1 else "", f"{path}:{number + 1}")
    text, rationale, source = _parse_body(lines[2:], f"{path}:{number}: {heading[1]}")
    return Clause(
        id=heading[1],
        title=heading[2],
        strength=strength,
        level=level,
        port=port,
        needs=needs,
        text=text,
        rationale=rationale,
        source=source,
        path=f"{path}:{number}",
    )


def _parse_terms(line: str, where: str) -> tuple[str, str, str, tuple[str, ...]]:
    terms = _TERMS.fullmatch(line)
    parts = terms[1].split(" · ") if terms else []
    if len(parts) not in (3, 4):
        raise ValueError(f"{where}: the line under a heading reads '*MUST · core · store*', not {line!r}")
    for part, known in zip(parts, (STRENGTHS, LEVELS, PORTS), strict=False):
        if part not in known:
            raise ValueError(f"{where}: {part!r} is none of {', '.join(known)}")
    needs = _parse_needs(parts[3], where) if len(parts) == 4 else ()
    return parts[0], parts[1], parts[2], needs


def _parse_needs(part: str, where: str) -> tuple[str, ...]:
    needs = tuple(part.removeprefix("needs ").split(", "))
    unknown = [need for need in needs if need.removeprefix("not ") not in _NEEDS]
    if not part.startswith("needs ") or unknown:
        raise ValueError(f"{where}: the fourth part reads 'needs paths, not lazy' with capabilities, not {part!r}")
    return needs


def _parse_body(lines: list[str], where: str) -> tuple[str, str, str]:
    paragraphs = "\n".join(lines).strip().split("\n\n")
    rationale, source = paragraphs[-2:] if len(paragraphs) > 2 else ("", "")
    if not rationale.startswith("Why: ") or not source.startswith("Source: "):
        raise ValueError(f"{where} must have a demand, then a paragraph 'Why: …' and a last one 'Source: …'")
    return "\n\n".join(paragraphs[:-2]), rationale.removeprefix("Why: "), source.removeprefix("Source: ")
