"""The divergences: complete, well formed, and about clauses that exist."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from threadstore_conformance.spec_text import LEVELS, load_clauses

TEXT = (files("threadstore_spec") / "divergences.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^## ((?:DIV|VAR)-\d+) — (.*?)(?=^#{1,2} |\Z)", TEXT, re.MULTILINE | re.DOTALL))

#: The 29 known differences between upstream's two stores, each with the entries that hold it.
STORES_DIFFER: dict[str, tuple[str, ...]] = {
    "1 error of an unknown thread": ("DIV-1",),
    "2 cwd required": ("VAR-1",),
    "3 duplicate create, resume while live": ("DIV-3",),
    "4 SessionMeta after create": ("VAR-2",),
    "5 SessionMeta's own fields": ("VAR-3",),
    "6 append when not live": ("DIV-5",),
    "7 persist, flush, shutdown of unknown": ("DIV-5",),
    "8 append after shutdown": ("DIV-5",),
    "9 what discard drops": ("VAR-4",),
    "10 resume with history": ("DIV-6",),
    "11 resumed, not created": ("DIV-7",),
    "12 defaults of reads": ("DIV-8", "DIV-10"),
    "13 title as name": ("DIV-12",),
    "14 recency": ("DIV-14",),
    "15 effect of archive": ("DIV-16",),
    "16 filters, sort, paging": ("DIV-17",),
    "17 list requires preview": ("VAR-5",),
    "18 source of relations": ("DIV-22",),
    "19 search": ("VAR-6",),
    "20 read by path": ("DIV-23",),
    "21 update of unknown": ("DIV-24",),
    "22 side effects of explicit updates": ("VAR-7", "DIV-25"),
    "23 clearing git": ("DIV-26",),
    "24 token usage": ("DIV-27",),
    "25 delete cleans metadata": ("DIV-29",),
    "26 agent fields from the source": ("DIV-9",),
    "27 durability of originator": ("VAR-8",),
    "28 memory mode readable": ("DIV-28",),
    "29 call counters": ("VAR-9",),
}

#: The 18 known behaviours in which upstream is weaker than a sane contract.
WEAKER: dict[str, tuple[str, ...]] = {
    "1 equal timestamps": ("DIV-18",),
    "2 torn tail": ("DIV-35",),
    "3 cleared name returns": ("DIV-13",),
    "4 title over name": ("DIV-12",),
    "5 search term": ("DIV-21",),
    "6 archive and delete while live, row kept": ("DIV-30", "DIV-29"),
    "7 update not atomic": ("DIV-32",),
    "8 error after acceptance": ("DIV-38",),
    "9 no fsync": ("DIV-36",),
    "10 no exclusion between processes": ("DIV-37",),
    "11 local time read as UTC": ("DIV-33",),
    "12 no preview, not listed": ("VAR-5",),
    "13 category of missing": ("DIV-1",),
    "14 categories never raised": ("DIV-2",),
    "15 fork's memory mode": ("DIV-39",),
    "16 include_history, archived_at": ("DIV-11",),
    "17 invalid UTF-8": ("DIV-34",),
    "18 unarchive fails late": ("DIV-31",),
}


#: The 20 known behaviours of upstream's session layer that differ from the clauses, or between its versions.
SESSION_LAYER: dict[str, tuple[str, ...]] = {
    "1 append's error after acceptance": ("DIV-38",),
    "2 fork's memory mode": ("DIV-39",),
    "3 title and name after a resume": ("DIV-42",),
    "4 resume facts over explicit patches": ("DIV-43",),
    "5 merge of recency": ("DIV-44",),
    "6 swallowed errors": ("DIV-45",),
    "7 pending sent before a refused patch": ("DIV-46",),
    "8 created_at among the facts": ("DIV-47",),
    "9 mid-turn": ("DIV-48",),
    "10 service names, place of the environment": ("DIV-49", "DIV-55", "VAR-12"),
    "11 originator of the process": ("DIV-50",),
    "12 rollback across a compaction": ("DIV-51",),
    "13 resume writes": ("DIV-52",),
    "14 categories of errors": ("DIV-53",),
    "15 fewer turns than asked for": ("DIV-54",),
    "16 name of a fork": ("VAR-10",),
    "17 descendants": ("VAR-11",),
    "18 marker of an interrupted fork": ("VAR-13",),
    "19 blank sources of the originator": ("DIV-56",),
    "20 originator of a thread object": ("DIV-57",),
}


def test_every_known_difference_has_an_entry() -> None:
    """Ensure none of the known differences and weaknesses is left out."""
    assert [len(STORES_DIFFER), len(WEAKER), len(SESSION_LAYER)] == [29, 18, 20]
    for entries in (*STORES_DIFFER.values(), *WEAKER.values(), *SESSION_LAYER.values()):
        assert set(entries) <= ENTRIES.keys()


def test_the_session_layer_is_held_to_session_clauses() -> None:
    """Ensure each entry about upstream's session layer is among those known, and differs from a clause of that port."""
    known = {entry for entries in SESSION_LAYER.values() for entry in entries}
    for name, text in ENTRIES.items():
        _, terms, *_ = text.split("\n")
        if terms.startswith("*session layer"):
            assert name in known
            about = terms.strip("*").partition(" · ")[2].split(", ")
            assert load_clauses()[about[0]].port == "manager"


def test_entries_are_numbered_without_gaps() -> None:
    """Ensure each id is used once, in order."""
    headings = re.findall(r"^## (\S+)", TEXT, re.MULTILINE)
    divergences = [name for name in headings if name.startswith("DIV-")]
    variants = [name for name in headings if not name.startswith("DIV-")]
    assert divergences == [f"DIV-{n}" for n in range(1, len(divergences) + 1)]
    assert variants == [f"VAR-{n}" for n in range(1, len(variants) + 1)]
    assert headings == list(ENTRIES) == divergences + variants


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_is_complete(name: str) -> None:
    """Ensure an entry says whose behaviour it is, which clauses differ, and what shows it."""
    title, terms, *paragraphs = ENTRIES[name].split("\n")
    assert title
    whose, about = re.fullmatch(r"\*(.+?) · (.+?)\*", terms).groups()  # type: ignore[union-attr]
    assert set(whose.split(", ")) <= {"in-memory", "local", "session layer"}
    clauses = load_clauses()
    stated = {clause.level for clause in clauses.values()}
    unstated = {f"{level} level" for level in LEVELS if level not in stated}
    assert set(about.split(", ")) <= clauses.keys() | unstated | ({"no clause"} if name.startswith("VAR") else set())
    body = "\n".join(paragraphs).strip()
    if name.startswith("DIV"):
        starts = [paragraph.split(": ")[0] for paragraph in body.split("\n\n")]
        assert starts == ["Upstream", "Demand", "Evidence"]
    assert body.endswith(".")
