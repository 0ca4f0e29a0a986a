"""How a failing program is shown: both columns, the row that differs, and the shortest program that is known."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import threadstore as ts
from support.command import threadstore
from support.faulty import FORGETFUL
from support.managers import MISLABELLING
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_conformance import Difference
from threadstore_conformance.brief import Labels, Row, brief_answer, brief_operation
from threadstore_conformance.compare import Returned
from threadstore_conformance.counterexample import rows_of_difference
from threadstore_conformance.discovery import Registered
from threadstore_conformance.failures import failure_of
from threadstore_conformance.lab import Lab, agent_message
from threadstore_conformance.pages import as_markdown, save_pages, stale_pages
from threadstore_conformance.process import RestartParams, WaitParams
from threadstore_conformance.report import SHOWN_LINES, show, told, told_failures
from threadstore_conformance.results import Failure
from threadstore_conformance.running import run_program
from threadstore_conformance.shortest import known_clauses
from threadstore_conformance.shrink import smallest

ONE, TWO = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"
_CREATE = ts.CreateThreadParams(thread_id=ONE, originator="me")
_APPEND = ts.AppendThreadItemsParams(thread_id=ONE, items=(agent_message("one"), agent_message("two")))
_RAW_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")


def failing(backend: Registered, *operations: Any, port: Any = "store", shrunken: bool = False) -> Failure:
    with pytest.raises(Difference) as caught:
        run_program(backend, operations, port)
    difference: Difference | None = smallest(caught.value, backend) if shrunken else caught.value
    assert difference is not None
    failure = failure_of(difference, (), None, backend.name, backend)
    assert failure is not None
    return failure


STORE = (_CREATE, ts.FlushThreadParams(thread_id=TWO), _APPEND)
MANAGER = (
    RestartParams(default_originator="me"), ts.StartParams(service_name="codex_work_local"),
    ts.ShutdownThreadParams(thread_id="@thread:0"), ts.ResumeParams(thread_id="@thread:0"),
)  # fmt: skip


def test_both_columns_of_a_stores_program() -> None:
    """Ensure each operation is a row in short, and the last one shows what should have come and what came."""
    failure = failing(FORGETFUL, *STORE)
    *before, last = failure.rows
    assert before == [
        Row(operation="create(t1, originator='me')", expected="ok", actual="ok"),
        Row(operation="flush(t2)", expected="ThreadNotFound", actual="ThreadNotFound"),
        Row(operation="append(t1, 2 items)", expected="ok", actual="ok"),
    ]
    assert last.operation == "load_history(t1, include_archived)"
    assert last.differs
    assert last.expected is not None
    assert last.expected.startswith("items[2:]: [RolloutItem(")
    assert last.actual == "items[2:]: []"


def test_both_columns_of_a_managers_program() -> None:
    """Ensure threads that the manager made are called by the place at which they were made."""
    failure = failing(MISLABELLING, *MANAGER, port="manager")
    assert failure.rows == (
        Row(operation="restart(default_originator='me')", expected="ok", actual="ok"),
        Row(operation="start(service_name='codex_work_local')", expected="t1", actual="t1"),
        Row(operation="shutdown(t1)", expected="ok", actual="ok"),
        Row(operation="resume(t1)", expected="originator: 'codex_work_local'", actual="originator: 'me'", differs=True),
    )


def test_an_assertion_has_the_answers_alone() -> None:
    """Ensure a directed check's program shows what was answered, and what was asserted in vain below."""
    with Lab(MEMORY) as lab:
        thread = lab.create()
        lab.read(thread)
        failure = failure_of(AssertionError("it is blue"), ("READ-1",), lab, "memory")
    assert failure is not None
    assert [(row.expected, row.actual, row.differs) for row in failure.rows][-1] == (None, "t1", False)
    text = told(failure)
    assert "expected" not in text.partition("READ-1")[2].partition("+--")[2].splitlines()[1]
    assert "    it is blue" in text


def test_answers_that_were_not_seen_again_are_not_made_up() -> None:
    """Ensure a program that goes another way when run once more has gaps in place of answers."""
    with pytest.raises(Difference) as caught:
        run_program(FORGETFUL, STORE)
    rows = rows_of_difference(caught.value, {0: Returned(None)})
    assert [row.actual for row in rows[:-1]] == ["ok", "?", "?"]
    untold = failure_of(caught.value, (), None, "nobody")
    assert untold is not None
    assert untold.rows == ()
    assert "+--" not in told(untold)


@pytest.mark.parametrize(
    ("operation", "text"),
    [
        (_APPEND, "append(t1, 2 items)"),
        (ts.AppendThreadItemsParams(thread_id=ONE, items=5), "append(t1, items=5)"),  # type: ignore[arg-type]
        (WaitParams(milliseconds=5), "wait(5 ms)"),
        (ts.ForkParams(thread_id="@thread:2"), "fork(t3)"),
        (ts.ListThreadsParams(archived=True, cursor="@cursor:0"), "list(cursor=cursor of page 1, archived)"),
        (ts.ListThreadsParams(cursor="@cursor:gone"), "list(cursor=no cursor)"),
        (ts.ReadThreadByRolloutPathParams(rollout_path=f"@path:{ONE}"),
         "read_thread_by_rollout_path(rollout_path=path of t1)"),
        (ts.UpdateThreadMetadataParams(thread_id=ONE, patch=ts.ThreadMetadataPatch(name=None)),
         "update(t1, name=None)"),
        (ts.UpdateThreadMetadataParams(
            thread_id=ONE, patch=ts.ThreadMetadataPatch(git_info=ts.GitInfoPatch(sha=None, branch="b"))),
         "update(t1, git_info.sha=None, git_info.branch='b')"),
        (ts.SearchThreadsParams(search_term="x" * 100), "search(search_term='xxxxxxxxxxxxxxxxxxxx...)"),
    ],
)  # fmt: skip
def test_an_operation_in_short(operation: Any, text: str) -> None:
    """Ensure it reads like a call, with what is not said otherwise left out."""
    assert brief_operation(operation, Labels()) == text


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (None, "ok"),
        (ts.ThreadNotFound(ONE), "ThreadNotFound"),
        (ValueError("no"), "ValueError: no"),
        (ts.ThreadPage(items=(), next_cursor="more"), "[] and more"),
        (ts.StoredThreadHistory(thread_id=ONE, items=(agent_message("one"),)), "1 item"),
        ("legacy", "'legacy'"),
        (ts.LoadedThreads(thread_ids=(ONE, TWO)), "[t1, t2]"),
        (ts.LoadedThreads(thread_ids=5), "LoadedThreads(thread_ids=5)"),
    ],
)
def test_an_answer_in_short(answer: Any, text: str) -> None:
    """Ensure it says which threads, how many items, or which error."""
    assert brief_answer(answer, Labels()) == text


@pytest.mark.parametrize(
    ("backend", "port", "program"), [(FORGETFUL, "store", STORE), (MISLABELLING, "manager", MANAGER)]
)
def test_a_table_is_plain_where_there_is_no_terminal(backend: Any, port: Any, program: Any) -> None:
    """Ensure it is ASCII, no wider than 120 columns, marks the row that differs, and has no ids."""
    failure = failing(backend, *program, port=port)
    lines = told(failure, 200).splitlines()
    table = [line for line in lines if line.startswith(("+", "|"))]
    assert len(table) == 4 + len(failure.rows)
    assert "".join(table).isascii()
    assert max(map(len, table)) <= 120
    assert not _RAW_ID.search("".join(table))
    assert [line.startswith("| > |") for line in table[3:-1]] == [False] * (len(failure.rows) - 1) + [True]


def test_a_long_program_shows_its_end() -> None:
    """Ensure a table of many operations begins with how many are left out."""
    failure = failing(FORGETFUL, *[ts.FlushThreadParams(thread_id=TWO)] * 30, *STORE)
    table = [line for line in told(failure, 120).splitlines() if line.startswith("|")]
    assert len(table) == SHOWN_LINES + 2
    assert f"({len(failure.rows) - SHOWN_LINES} operations before these)" in table[1]
    assert "mermaid" not in as_markdown(failure)
    assert as_markdown(failure).count("`flush(t1)`") + as_markdown(failure).count("`flush(t2)`") == 31


def test_a_terminal_shows_the_same_in_colours() -> None:
    """Ensure the row that differs stands out, and nothing is told that is not told without a terminal."""
    failure = failing(FORGETFUL, *STORE)
    written = io.StringIO()
    show(failure, Console(file=written, force_terminal=True, width=120, color_system="standard"))
    assert "\x1b[1;31m" in written.getvalue()
    words = re.sub(r"\x1b\[[\d;]*m|[^\w\s]", " ", written.getvalue()).split()
    assert words == re.sub(r"[^\w\s]", " ", told(failure, 120)).split()


def test_how_far_a_program_was_shrunk_is_told() -> None:
    """Ensure the number of programs that were run is said, and whether more could be left out."""
    text = told(failing(FORGETFUL, *STORE, shrunken=True))
    assert re.search(r"3 operations, none of which can be left out or made simpler \(\d+ programs run\):", text)
    assert "none of which" not in told(failing(FORGETFUL, *STORE))


def test_a_page_holds_all_that_is_told(tmp_path: Path) -> None:
    """Ensure the page has the clause, the table, the program, the diagram, and the command that runs it again."""
    failure = failing(FORGETFUL, *STORE)
    save_pages([failure], {"APPEND-1": tmp_path / "APPEND-1.trace.json"}, "TARGET", tmp_path)
    page = (tmp_path / "APPEND-1.md").read_text(encoding="utf-8")
    assert page.startswith("# APPEND-1 — Items come back once each, in order\n")
    assert "| **>** | 4 | `load_history(t1, include_archived)` | " in page
    assert "```python\n" + failure.python + "```\n" in page
    assert "    store--xauthor: items[2#58;]#58; []\n    model-->>author: " in page
    assert page.endswith("Again: `threadstore replay APPEND-1.trace.json TARGET`\n")
    assert stale_pages(tmp_path) == [tmp_path / "APPEND-1.md"]


def test_text_of_a_program_does_not_end_a_cell() -> None:
    """Ensure what means something in Markdown or in a diagram is shown as it is."""
    call = brief_operation(ts.SearchThreadsParams(search_term="a|b`c;\n#"), Labels())
    rows = (Row(operation=call, actual="ok"),)
    page = as_markdown(Failure(clause="SEARCH-1", message="", operations=(), python="", rows=rows))
    assert "| `` search(search_term='a\\|b`c;\\n#') `` | `ok` |" in page
    assert "author->>store: search(search_term=#39;a|b#96;c#59;#92;n#35;#39;)" in page


def test_a_failure_that_can_be_run_again_is_the_one_that_is_told() -> None:
    """Ensure of two failures of a clause the smaller one with a program is shown."""
    untold = Failure(clause="APPEND-1", message="", operations=(), python="")
    long, short = failing(FORGETFUL, *STORE), failing(FORGETFUL, *STORE, shrunken=True)
    assert told_failures([untold, long, short]) == (short,)
    assert told_failures([untold]) == (untold,)


def test_replay_shows_both_columns_and_runs_what_is_known_by_its_clause() -> None:
    """Ensure a clause stands for its shortest known program, and the table is shown when it fails."""
    assert "APPEND-1" in known_clauses()
    done = threadstore("replay", "APPEND-1", "support.faulty:UNFINISHED")
    assert done.returncode == 1
    assert "| > |" in done.stdout
    conforming = threadstore("replay", "APPEND-1", "memory")
    assert (conforming.returncode, conforming.stderr) == (0, "")
    assert "memory conforms" in conforming.stdout
    unknown = threadstore("replay", "NONE-1", "memory")
    assert unknown.returncode == 3
    assert "trace NONE-1 cannot be read: No such file or directory" in unknown.stderr


def test_certify_leaves_a_page_beside_the_trace(tmp_path: Path) -> None:
    """Ensure a broken clause has its page and its table, and the next run takes the page away."""
    done = threadstore("certify", "support.faulty:FORGETFUL", "--clause", "APPEND-1", "--out", tmp_path)
    assert done.returncode == 1
    assert "| operation " in done.stdout
    page = (tmp_path / "APPEND-1.md").read_text(encoding="utf-8")
    assert "Again: `threadstore replay APPEND-1.trace.json support.faulty:FORGETFUL`" in page
    threadstore("certify", "memory", "--clause", "LIFE-2", "--out", tmp_path)
    assert not (tmp_path / "APPEND-1.md").exists()
