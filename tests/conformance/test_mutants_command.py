"""``threadstore mutants``: what is killed, by what, and what is said of the rest."""

from __future__ import annotations

import gc
import importlib
import json
from html.parser import HTMLParser
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from support.mutants import CORRECT, FORGETS
from threadstore import Backend
from threadstore_conformance.cli.mutants import mutants_command
from threadstore_conformance.discovery import TargetError
from threadstore_conformance.exhaustive.driver import Exhaustive
from threadstore_conformance.exhaustive.running import DEFAULT_DEPTH
from threadstore_conformance.mutants import KillMatrix, as_html, find_mutants, warm
from threadstore_conformance.mutants.library import GROUP, Found
from threadstore_conformance.mutants.trial import NOT_RUN, Programs, Trial, tried
from threadstore_conformance.spec_text import load_clauses

#: A mutant, what may be seen of one that does nothing wrong, and what is said of a run.
FOUND = Found("support.mutants:REJECTED", 0, "store", FORGETS)
SEEN = Trial(checked=True, held=9, generated=NOT_RUN)
FACTS: dict[str, Any] = {"narrowed": True, "jobs": 1, "seconds": 1.0, "limit": 30.0}
REJECTED = ("test_append.test_items_come_back_in_the_order_appended",)


def registered(monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """Make one table of `support.mutants` all that is registered."""
    points = [EntryPoint(name="stores", value=f"support.mutants:{table}", group=GROUP)]
    monkeypatch.setattr("threadstore_conformance.mutants.library.entry_points", lambda group: points)


def command(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "160", "NO_COLOR": "1"}).invoke(mutants_command, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, dict[str, Any], str]:
    """What is said and written of one mutant that is rejected, and one that is not."""
    out = tmp_path_factory.mktemp("mixed")
    with pytest.MonkeyPatch.context() as patching:
        registered(patching, "MIXED")
        done = command("--out", out)
    return done, json.loads((out / "kill_matrix.json").read_text()), (out / "kill_matrix.html").read_text()


def test_a_rejected_mutant_has_the_clauses_that_reject_it(mixed: tuple[Result, dict[str, Any], str]) -> None:
    """Ensure the matrix says which checks of which clauses killed it, and which programs did."""
    forgets = mixed[1]["mutants"][0]
    assert forgets["name"] == "forgets"
    assert forgets["fate"] == "killed"
    assert "APPEND-1" in forgets["killed_by"]
    assert forgets["checks"]["held"] >= len(forgets["checks"]["failed"]) > 0
    assert forgets["generated"]["outcome"] == "killed"
    assert 0 < forgets["generated"]["operations"] < 7
    assert isinstance(forgets["first_kill"], float)  # How long it took is the machine's affair: a fast one says 0.0.


def test_a_correct_store_survives_and_is_listed(mixed: tuple[Result, dict[str, Any], str]) -> None:
    """Ensure what nothing rejects fails the run, and is named with its story."""
    done, data, _ = mixed
    assert done.exit_code == 1
    assert data["survivors"] == ["correct"]
    correct = data["mutants"][1]
    assert (correct["fate"], correct["killed_by"], correct["unique"]) == ("survived", [], None)
    assert correct["generated"]["outcome"] == correct["exhaustive"]["outcome"] == "survived"
    assert correct["first_kill"] is None
    assert f"correct survives (PATCH-1): {CORRECT.story}" in done.stdout


def test_a_hanging_mutant_is_told_as_hanging(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ensure a mutant whose time is up is ended, not taken for killed, and what it hangs in is named."""
    registered(monkeypatch, "HANGING")
    done = command("--out", tmp_path, "--timeout", "1", "--mutant", "hangs")
    assert done.exit_code == 1
    data = json.loads((tmp_path / "kill_matrix.json").read_text())
    (hangs,) = data["mutants"]
    assert (hangs["fate"], hangs["generated"]["outcome"]) == ("hung", "not run")
    assert hangs["seconds"] >= 1
    assert f"hangs hangs in {hangs['hung']}" in done.stdout
    assert "narrowed" in done.stdout
    assert (data["narrowed"], data["without_unique_kill"]) == (True, [])


def test_the_data_has_one_shape(mixed: tuple[Result, dict[str, Any], str]) -> None:
    """Ensure counts, clauses and mutants agree with each other."""
    data = mixed[1]
    assert data["format"] == "threadstore-kill-matrix/1"
    counts = data["counts"]
    assert counts["mutants"] == len(data["mutants"]) == counts["killed"] + counts["survived"]
    assert counts["killed_by_directed_checks"] == sum(bool(row["killed_by"]) for row in data["mutants"])
    assert set(data["without_unique_kill"]) <= set(data["unique_kills"]) <= set(load_clauses())
    assert all(load_clauses()[clause_id].port == "store" for clause_id in data["unique_kills"])
    assert len({frozenset(row) for row in data["mutants"]}) == 1


def test_the_least_that_kills_is_told(mixed: tuple[Result, dict[str, Any], str]) -> None:
    """Ensure a mutant that short programs of few values do not kill is said to need random data; a survivor is not."""
    done, data, _ = mixed
    least = {kind: names for kind, names in data["falls_to"].items() if names}
    assert least == {"generated_programs": ["forgets"], "nothing": ["correct"]}
    assert data["slowest_first_kill"] == {"name": "forgets", "seconds": data["mutants"][0]["first_kill"]}
    assert "the slowest first kill, of forgets" in done.stdout
    assert "exhaustive programs kill 0 of the 2 that they are tried on; 1 more need random data; 1 s" in done.stdout


@pytest.mark.parametrize(
    ("exhaustive", "generated", "least"),
    [
        ("killed", "survived", "exhaustive_programs"),
        ("killed", "killed", "exhaustive_programs"),
        ("survived", "killed", "generated_programs"),
        ("survived", "survived", "directed_checks"),
        ("unfinished", "survived", "unfinished"),
        ("unfinished", "killed", "unfinished"),
        ("not run", "killed", None),
    ],
)
def test_what_needs_random_data_is_told_apart(exhaustive: Any, generated: Any, least: str | None) -> None:
    """Ensure each mutant on which exhaustive programs were tried is counted once, by the least that kills it."""
    seen = attrs.evolve(
        SEEN, failed=REJECTED, exhaustive=Programs(outcome=exhaustive), generated=Programs(outcome=generated)
    )
    falls = KillMatrix.of([FOUND], [seen], **FACTS).falls_to
    assert [kind for kind, rows in falls.items() if rows] == ([least] if least else [])


def test_what_is_not_known_of_a_trial_is_not_made_up() -> None:
    """Ensure a trial in which the suite erred is none that needs a check of its own, and what nothing kills is told."""
    erred = attrs.evolve(SEEN, failed=REJECTED, exhaustive=Programs(outcome="survived"), errors=("generated programs",))
    survived = attrs.evolve(SEEN, exhaustive=Programs(outcome="survived"))
    falls = KillMatrix.of([FOUND, FOUND], [erred, survived], **FACTS).falls_to
    assert {kind: len(rows) for kind, rows in falls.items() if rows} == {"unfinished": 1, "nothing": 1}


def test_mutants_undergo_the_exhaustive_programs_of_a_certificate() -> None:
    """Ensure a mutant that falls to the tour alone, and to no short program, falls to exhaustive programs."""
    (late,) = find_mutants(names=["answers-unarchive-as-it-was"])
    backend = late.mutant.backend()
    assert isinstance(backend, Backend)
    Exhaustive(backend).programs(DEFAULT_DEPTH)
    *_, seen = tried(late.mutant, late.port, programs=True)
    assert seen.exhaustive.outcome == "killed"
    assert 0 < (seen.exhaustive.operations or 0) <= 6


def test_the_suite_is_prepared_when_that_is_asked_for() -> None:
    """Ensure importing what prepares the suite prepares nothing: only the process that trials are forked from does."""
    before = gc.get_freeze_count(), gc.get_threshold()
    importlib.reload(warm)
    assert (gc.get_freeze_count(), gc.get_threshold()) == before


def test_a_kill_that_comes_too_late_fails_the_run() -> None:
    """Ensure a mutant is to be killed within the limit, and one that is not is named on the page."""
    seen = attrs.evolve(SEEN, failed=REJECTED, first_kill=30.5)
    matrix = KillMatrix.of([FOUND], [seen], **FACTS)
    assert (matrix.exit_status(), [row.name for row in matrix.late]) == (1, ["forgets"])
    assert matrix.to_json()["late"] == ["forgets"]
    assert "forgets only after 30.5 s" in as_html(matrix)
    in_time = KillMatrix.of([FOUND], [attrs.evolve(seen, first_kill=30.0)], **FACTS)
    assert (in_time.exit_status(), in_time.late) == (0, ())


def test_the_page_is_whole_by_itself(mixed: tuple[Result, dict[str, Any], str]) -> None:
    """Ensure the page loads nothing, names each mutant with its story, and each row has a cell for every column."""
    page = Page()
    page.feed(mixed[2])
    assert page.loaded == []
    assert "@import" not in mixed[2]
    assert "url(" not in mixed[2]
    for mutant in (FORGETS, CORRECT):
        assert mutant.name in page.text
        assert any(mutant.story in title for title in page.titles)
    head, *rows = [cells for cells in page.rows if cells]
    assert {len(cells) for cells in rows} == {len(head)}
    assert "prefers-color-scheme: dark" in mixed[2]


def test_when_every_mutant_is_killed_the_status_is_0(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ensure a run of which clauses share the kills passes only when they may, and names them either way."""
    registered(monkeypatch, "REJECTED")
    done = command("--out", tmp_path, "--no-programs", "--allow-shared")
    assert done.exit_code == 0
    assert "LIFE-1 kills no mutant on its own" in done.stdout
    killed = attrs.evolve(SEEN, failed=REJECTED)
    matrix = KillMatrix.of([FOUND], [killed], **{**FACTS, "narrowed": False})
    assert (matrix.exit_status(), matrix.exit_status(allow_shared=True)) == (1, 0)
    assert "APPEND-1" not in {clause.id for clause in matrix.shared}


def test_a_mutant_that_ends_the_process_or_does_not_open_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ensure neither is taken for a kill: the run exits 3 and says what happened."""
    registered(monkeypatch, "FAULTY")
    done = command("--out", tmp_path)
    assert done.exit_code == 3
    assert "the process ended with status 7" in done.stdout
    assert "no such disk" in done.stdout
    assert json.loads((tmp_path / "kill_matrix.json").read_text())["counts"]["killed"] == 0


def test_mutants_that_cannot_be_found_are_usage_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure an unknown name, an empty choice, twins and a table that does not load are told in a sentence."""
    with pytest.raises(TargetError, match="no mutant is called 'absent'"):
        find_mutants(names=["absent"])
    with pytest.raises(TargetError, match="no backend is registered as 'absent'"):
        find_mutants(backends=["absent"])
    with pytest.raises(TargetError, match="no mutant is left"):
        find_mutants(ports=["manager"], names=["answers-a-create"])
    registered(monkeypatch, "TWINS")
    with pytest.raises(TargetError, match="two mutants of the store are called 'forgets'"):
        find_mutants()
    registered(monkeypatch, "ABSENT")
    with pytest.raises(TargetError, match="do not load"):
        find_mutants()
    assert command("--mutant", "absent").exit_code == 1  # click's own status, which `main` makes 3


def test_mutants_are_found_by_port_and_backend() -> None:
    """Ensure the project's own tables are found, stores first, and can be narrowed."""
    every = find_mutants()
    assert [found.port for found in every] == sorted((found.port for found in every), reverse=True)
    local = find_mutants(backends=["local"])
    assert local
    assert all(found.mutant.backend().capabilities.codex_home for found in local)
    stores = find_mutants(ports=["store"])
    assert {found.port for found in stores} == {"store"}
    assert {found.place for found in local if found.port == "store"} < {found.place for found in stores}


@pytest.mark.parametrize(
    ("seen", "fate", "status"),
    [
        (attrs.evolve(SEEN, failed=REJECTED), "killed", 0),
        (attrs.evolve(SEEN, exhaustive=Programs(outcome="killed", clause="LIFE-1", operations=2)), "killed", 0),
        (SEEN, "survived", 1),
        (attrs.evolve(SEEN, hung="generated programs"), "hung", 1),
        (attrs.evolve(SEEN, checked=False, failed=("test_append.test_a_long_history_comes_back_whole",)), "hung", 1),
        (attrs.evolve(SEEN, errors=("test_x: KeyError",)), "error", 3),
    ],
)
def test_each_fate_has_its_status(seen: Trial, fate: str, status: int) -> None:
    """Ensure programs kill too, a hang is no kill, and an error of the suite is none of the mutant's."""
    matrix = KillMatrix.of([FOUND], [seen], **FACTS)
    assert [row.fate for row in matrix.rows] == [fate]
    assert matrix.exit_status() == status
    assert "forgets" in as_html(matrix)


class Page(HTMLParser):
    """What a page loads, says and shows."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.titles: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "link", "img", "iframe") or {"src", "href"} & set(given):
            self.loaded.append(tag)
        if given.get("title"):
            self.titles.append(str(given["title"]))
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self.rows[-1] += [tag] * int(given.get("colspan") or 1)

    def handle_data(self, data: str) -> None:
        self.text += data
