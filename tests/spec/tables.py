"""Pages of the specification, and the tables in them."""

from __future__ import annotations

import re
from importlib.resources import files


def page(name: str) -> str:
    """Return the text of a page of the specification."""
    return (files("threadstore_spec") / name).read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """Return the cells of every table row, heads left out."""
    return [row for table in tables(text) for row in table[1:]]


def tables(text: str) -> list[list[list[str]]]:
    """Return every table as its rows, the head first."""
    found: list[list[list[str]]] = []
    for before, line in zip(["", *text.splitlines()], text.splitlines(), strict=False):
        if line.startswith("|---"):
            continue
        if line.startswith("|"):
            if not before.startswith("|"):
                found.append([])
            found[-1].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def sections(text: str, level: int) -> dict[str, str]:
    """Return what stands under each heading of a level, by the heading's words."""
    parts = re.split(rf"^#{{{level}}} (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
