"""How a failing program is shown: both columns, the row that differs, and the shortest program that is known."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import attrs
import pytest
from rich.console import Console

import threadstore as ts
from support.command import threadstore
from support.faulty import FORGETFUL
from support.managers import MISLABELLING
from threadstore.session import ProcessSettings
from threadstore_backends.memory import BACKEND as MEMORY
from threadstore_backends.memory import MemoryStore
from threadstore_conformance import Difference
from threadstore_conformance.brief import Labels, Row, brief_answer, brief_operation, brief_value
from threadstore_conformance.certify import Certification, Request
from threadstore_conformance.cli.certify import _again
from threadstore_conformance.compare import Returned
from threadstore_conformance.counterexample import rows_of_difference
from threadstore_conformance.discovery import Registered
from threadstore_conformance.failures import failure_of
from threadstore_conformance.lab import Lab, agent_message
from threadstore_conformance.pages import as_markdown, save_pages, stale_pages
from threadstore_conformance.process import RestartParams, WaitParams
from threadstore_conformance.program import Trace
from threadstore_conformance.report import SHOWN_LINES, show, told, told_failures
from threadstore_conformance.results import Failure
from threadstore_conformance.running import run_program
from threadstore_conformance.shortest import known_clauses
from threadstore_conformance.shrink import smallest
from threadstore_conformance.traces import save_traces, shown_again

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
    save_pages([failure], {"APPEND-1": tmp_path / "APPEND-1.trace.json"}, tmp_path)
    page = (tmp_path / "APPEND-1.md").read_text(encoding="utf-8")
    assert page.startswith("# APPEND-1 — Items come back once each, in order\n")
    assert "| **>** | 4 | `load_history(t1, include_archived)` | " in page
    assert "```python\n" + failure.python + "```\n" in page
    assert "    store--xauthor: items[2#58;]#58; []\n    model-->>author: " in page
    assert page.endswith("Again: `threadstore replay APPEND-1.trace.json forgetful`\n")
    assert stale_pages(tmp_path) == [tmp_path / "APPEND-1.md"]


def test_text_of_a_program_does_not_end_a_cell() -> None:
    """Ensure what means something in Markdown or in a diagram is shown as it is."""
    call = brief_operation(ts.SearchThreadsParams(search_term="a|b`c;\n#"), Labels())
    rows = (Row(operation=call, actual="ok"),)
    page = as_markdown(Failure(clause="SEARCH-1", message="", operations=(), python="", rows=rows))
    assert "| `` search(search_term='a\\|b`c;\\n#') `` | `ok` |" in page
    assert "author->>store: search(search_term=#39;a|b#96;c#59;#92;n#35;#39;)" in page


def test_a_failure_that_can_be_run_again_is_the_one_that_is_told(tmp_path: Path) -> None:
    """Ensure of a clause's failures the smallest one that is shown again is told and saved, and else the smallest."""
    untold = Failure(clause="APPEND-1", message="", operations=(), python="")
    gone = Failure(clause="APPEND-1", message="", operations=(_CREATE,), python="")
    long, short = failing(FORGETFUL, *STORE), failing(FORGETFUL, *STORE, shrunken=True)
    again = shown_again([untold, gone, long, short], FORGETFUL)
    assert again == {"APPEND-1": short}
    assert told_failures([untold, gone, long, short], again) == (short,)
    traces = save_traces(again, FORGETFUL, tmp_path)
    assert Trace.load(traces["APPEND-1"]).operations == short.operations
    assert told_failures([long, untold, gone], shown_again([untold, gone], FORGETFUL)) == (gone,)
    assert told_failures([untold], {}) == (untold,)


def test_replay_shows_both_columns_and_runs_what_is_known_by_its_clause() -> None:
    """Ensure a clause stands for its shortest known program, and the table is shown when it fails."""
    assert "APPEND-1" in known_clauses()
    done = threadstore("replay", "APPEND-1", "support.faulty:UNFINISHED")
    assert done.returncode == 1
    assert "| > |" in done.stdout
    conforming = threadstore("replay", "APPEND-1", "memory")
    assert (conforming.returncode, conforming.stderr) == (0, "")
    assert "memory conforms" in conforming.stdout
    assert "The shortest program known to break APPEND-1 (3 operations, on the mutant" in conforming.stdout


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ("NONE-1", "trace NONE-1 cannot be read: No such file or directory"),
        ("READ-3c", "no program is known that breaks READ-3c; `threadstore certify memory --clause READ-3c` runs its"),
    ],
)
def test_replay_says_what_is_not_there(named: str, says: str) -> None:
    """Ensure a clause of which no program is known is told from a file that cannot be read."""
    assert named not in known_clauses()
    done = threadstore("replay", named, "memory")
    assert done.returncode == 3
    assert says in " ".join(done.stderr.split())


class _Losing(MemoryStore):
    """Loses what is appended, and breaks down at a listing."""

    def append_items(self, params: Any, /) -> None:
        return None

    def list_threads(self, params: Any, /) -> Any:
        raise RuntimeError("no list")


LOSING = ts.Backend(name="losing", open=lambda home, *, clock: _Losing(clock=clock), capabilities=MEMORY.capabilities)


def test_nothing_is_expected_where_nobody_judged() -> None:
    """Ensure what a directed check saw on the way to a stray exception is not shown as what should have come."""
    with Lab(LOSING) as lab:
        thread = lab.create()
        lab.store.append_items(ts.AppendThreadItemsParams(thread_id=thread, items=(agent_message("one"),)))
        lab.store.load_history(ts.LoadThreadHistoryParams(thread_id=thread))
        with pytest.raises(Difference) as caught:
            lab.store.list_threads(ts.ListThreadsParams())
    failure = failure_of(caught.value, ("LIST-1",), lab, "losing")
    assert failure is not None
    *before, last = failure.rows
    assert [row.expected for row in before] == [None] * len(before)
    assert before[-1].actual == "1 item"
    assert last.expected == "a result, or one of the six ThreadStore errors"
    page = as_markdown(failure)
    assert "| `load_history(t1)` |  | `1 item` |" in page
    told_row = next(line for line in told(failure).splitlines() if "load_history" in line)
    assert [cell.strip() for cell in told_row.split("|")[3:6]] == ["load_history(t1)", "", "1 item"]


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("", "x\n" * 2_500, "'" + "x\\n" * 22 + "x\\..."),
        ("error", ValueError("one\ntwo"), "ValueError: one two"),
        ("error", "an error\nthat names " + ONE, "an error that names t1"),
        ("error", "a " * 2_500, "a " * 34 + "a..."),
    ],
)
def test_a_value_that_is_long_or_has_many_lines_is_one_short_line(path: str, value: Any, text: str) -> None:
    """Ensure it is cut, and that no line break of it is left."""
    assert brief_value(path, value, Labels()) == text
    assert len(text) <= 72


def test_a_line_break_does_not_end_a_row() -> None:
    """Ensure neither the page's table nor its diagram goes on in another line."""
    rows = (Row(operation="flush(t1)", expected="ok", actual="one\r\ntwo", differs=True),)
    page = as_markdown(Failure(clause="LIFE-5", message="", operations=(), python="", rows=rows))
    assert "| `flush(t1)` | `ok` | `one two` |" in page
    assert "store--xauthor: one#13;#10;two\n" in page


def test_a_program_with_settings_is_told_with_them() -> None:
    """Ensure what a trace starts its process with is what the table and the Python of its failure start it with."""
    settings = ProcessSettings(default_originator="me")
    with pytest.raises(Difference) as caught:
        run_program(MISLABELLING, MANAGER[1:], "manager", settings)
    failure = failure_of(caught.value, (), None, "mislabelling", MISLABELLING, settings)
    assert failure is not None
    assert failure.rows == failing(MISLABELLING, *MANAGER, port="manager").rows[1:]
    assert "settings=ProcessSettings(default_originator='me')" in failure.python


def test_what_only_the_whole_run_shows_is_run_again_whole(tmp_path: Path) -> None:
    """Ensure a generated failure that does not replay is not said to be shown by its clause's checks."""
    target, again = "support.faulty:EXHAUSTED", ["--examples", "50", "--seed", "3", "--exhaustive", "2"]
    done = threadstore("certify", target, *again, "--focus", "append", "--out", tmp_path)
    assert done.returncode == 1, done.stdout
    assert f"Again: threadstore certify {target} {' '.join(again)} --focus append (" in done.stdout


def test_what_a_directed_check_shows_is_run_again_by_its_clause(tmp_path: Path) -> None:
    """Ensure a clause whose own checks failed is run alone where no trace shows it, and no other clause is."""
    request = Request(target="mine", seed=5)
    traces = {"READ-1": tmp_path / "READ-1.trace.json"}
    certificate: Any = None
    done = Certification(certificate, (), traces, frozenset({"READ-1", "READ-2"}), "")
    first, second, third = (Failure(clause=f"READ-{n}", message="", operations=(), python="") for n in (1, 2, 3))
    assert _again(first, done, request) == f"threadstore replay {traces['READ-1']} mine"
    assert _again(second, done, request).startswith("threadstore certify mine --clause READ-2 (")
    assert _again(third, done, request).startswith("threadstore certify mine --examples 150 --seed 5 --exhaustive 2 (")
    # What no finding tells of is shown beyond what is known; what one tells of, by itself.
    known = attrs.evolve(request, expected=tmp_path / "known.json")
    assert _again(first, done, known) == f"threadstore replay {traces['READ-1']} mine --expected {known.expected}"
    assert _again(attrs.evolve(first, finding="F-1"), done, known) == _again(first, done, request)


def test_certify_leaves_a_page_beside_the_trace(tmp_path: Path) -> None:
    """Ensure a broken clause has its page and its table, and the next run takes the page away."""
    done = threadstore("certify", "support.faulty:FORGETFUL", "--clause", "APPEND-1", "--out", tmp_path)
    assert done.returncode == 1
    assert "| operation " in done.stdout
    page = (tmp_path / "APPEND-1.md").read_text(encoding="utf-8")
    assert "Again: `threadstore replay APPEND-1.trace.json support.faulty:FORGETFUL`" in page
    assert f"certificate.json, junit.xml, traces and pages (CLAUSE.md) are in {tmp_path}" in done.stdout
    threadstore("certify", "memory", "--clause", "LIFE-2", "--out", tmp_path)
    assert not (tmp_path / "APPEND-1.md").exists()
