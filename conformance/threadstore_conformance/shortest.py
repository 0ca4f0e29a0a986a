"""The shortest programs known: one for each clause that some mutant was seen to break by a program.

They are traces in the folder beside this file, each in a file named after its clause. The backend that a trace names
is the mutant on which the program was found, the clause that it names the one by which lockstep calls what it shows:
some clauses lockstep never names, since it calls what it sees by a nearer one. `tools/find_shortest_programs.py` makes
them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .program import Trace

FOLDER = Path(__file__).parent / "shortest"
_SUFFIX = ".trace.json"


def path_of(clause_id: str) -> Path:
    """Return where the program of a clause is, or would be."""
    return FOLDER / f"{clause_id}{_SUFFIX}"


def known_clauses() -> tuple[str, ...]:
    """Return the clauses of which a program is known, by name."""
    return tuple(sorted(path.name.removesuffix(_SUFFIX) for path in FOLDER.glob(f"*{_SUFFIX}")))


@cache
def shortest_known(clause_id: str) -> Trace | None:
    """Return the shortest program that is known to break a clause, if one is."""
    path = path_of(clause_id)
    return Trace.load(path) if path.is_file() else None
