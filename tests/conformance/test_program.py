"""Programs as data: traces and Python text."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import attrs
import pytest

import threadstore as ts
from threadstore.store import METHODS
from threadstore_conformance.ports import Step
from threadstore_conformance.process import RestartParams, WaitParams
from threadstore_conformance.program import Trace, TraceError, as_python, render
from threadstore_conformance.thread_names import ThreadNames

ONE = "01900000-0000-7000-8000-000000000001"


def _message(text: str) -> ts.RolloutItem:
    return ts.RolloutItem("event_msg", {"type": "user_message", "message": text})


PROGRAM: tuple[ts.Operation, ...] = (
    ts.CreateThreadParams(thread_id=ONE, originator="x", metadata=ts.ThreadPersistenceMetadata(cwd="/a")),
    ts.AppendThreadItemsParams(thread_id=ONE, items=[_message("hi"), _message("\ud800")]),
    ts.UpdateThreadMetadataParams(
        thread_id=ONE, patch=ts.ThreadMetadataPatch(name=None, git_info=ts.GitInfoPatch(sha=None, branch="b"))
    ),
    ts.ListThreadsParams(page_size=1, cwd_filters=[]),
    ts.ListThreadsParams(page_size=1, cursor="@cursor:0"),
    ts.ReadThreadByRolloutPathParams(rollout_path=f"@path:{ONE}"),
    ts.ReadThreadParams(thread_id="../bad"),
    ts.DefaultHistoryModeParams(),
)


def test_a_trace_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    """Ensure a trace keeps every operation, the wrong values too."""
    trace = Trace(PROGRAM, ts.Capabilities(lazy=True, page_cap=7), "some", "APPEND-1")
    trace.save(tmp_path / "t.json")
    assert Trace.load(tmp_path / "t.json") == trace


def test_a_trace_keeps_what_is_not_a_number(tmp_path: Path) -> None:
    """Ensure NaN survives a trace, so that a store can be asked to refuse it again."""
    item = ts.RolloutItem("event_msg", {"type": "user_message", "n": math.nan})
    Trace((ts.AppendThreadItemsParams(thread_id=ONE, items=[item]),), ts.Capabilities()).save(tmp_path / "t.json")
    loaded = Trace.load(tmp_path / "t.json").operations[0]
    assert isinstance(loaded, ts.AppendThreadItemsParams)
    assert math.isnan(loaded.items[0].payload["n"])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        ("{", "is not JSON"),
        ("[]", "is not of the format"),
        ('{"format": "threadstore-trace/9"}', "is not of the format"),
        ('{"format": "threadstore-trace/1", "capabilities": {}}', "does not know"),
        ('{"format": "threadstore-trace/1", "capabilities": {}, "operations": [{"operation": "no"}]}', "'no'"),
        ('{"format": "threadstore-trace/1", "capabilities": {}, "operations": [5]}', "does not know"),
    ],
)
def test_a_file_that_is_no_trace_is_refused(content: str | None, sentence: str, tmp_path: Path) -> None:
    """Ensure a bad trace is told by name and reason."""
    path = tmp_path / "t.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TraceError, match=sentence):
        Trace.load(path)


def test_a_program_is_python_that_runs() -> None:
    """Ensure the printed program runs on its own and does what it says."""
    text = as_python(
        (
            ts.CreateThreadParams(thread_id=ONE, originator="x"),
            ts.AppendThreadItemsParams(thread_id=ONE, items=[_message("hi")]),
            ts.ListThreadsParams(page_size=1),
            ts.CreateThreadParams(thread_id=ONE, originator="x"),
        ),
        "memory",
        refused={3},
    )
    names: dict[str, object] = {}
    exec(
        compile(text + "    seen = store.read_thread(ReadThreadParams(thread_id=" + repr(ONE) + "))\n", "p", "exec"),
        names,
    )
    assert names["seen"].originator == "x"  # type: ignore[attr-defined]
    assert names["cursors"] == [None]


def test_rendered_operations_evaluate_to_themselves() -> None:
    """Ensure every operation's text is the operation."""
    for operation in PROGRAM:
        if "@" not in repr(operation):
            assert eval(render(operation), vars(ts)) == operation
    assert len({type(operation) for operation in PROGRAM}) < len(METHODS)


def test_unusual_values_are_rendered_as_python() -> None:
    """Ensure what has no literal is written as an expression."""
    assert render(math.inf) == "float('inf')"
    assert render("x" * 1000) == "'x' * 1000"
    assert render(ts.UNSET) == "UNSET"
    assert eval(render({"a": [1, -0.0, None, True, "\x00"]})) == {"a": [1, -0.0, None, True, "\x00"]}


def test_a_program_of_more_than_json_is_shown_and_not_saved(tmp_path: Path) -> None:
    """Ensure what JSON cannot carry is refused as a trace, nothing half-written."""
    item = ts.RolloutItem("event_msg", {"type": "user_message", "n": b"bytes"})
    append = ts.AppendThreadItemsParams(thread_id=ONE, items=[item])
    with pytest.raises(TraceError, match="cannot be written"):
        Trace((append,), ts.Capabilities()).save(tmp_path / "t.json")
    assert list(tmp_path.iterdir()) == []
    assert "b'bytes'" in as_python((append,), "memory")


MANAGED: tuple[Step, ...] = (
    ts.StartParams(source={"a": 1}),
    ts.AppendThreadItemsParams(thread_id="@thread:0", items=[_message("hi")]),
    ts.ForkParams(thread_id="@thread:0", cut="after_turn", turn_id="t"),
    ts.SpawnParams(thread_id="@thread:0", mode="full_history"),
    ts.ReadThreadParams(thread_id="@thread:1"),
    RestartParams(environment_override="over"),
    ts.StartParams(source={"subagent": {"thread_spawn": {"parent_thread_id": "@thread:2"}}}),
    ts.ListThreadsParams(page_size=1),
    ts.ListThreadsParams(page_size=1, cursor="@cursor:0"),
    ts.ResumeParams(thread_id="@thread:2", rollout_path="@path:@thread:2"),
    ts.ReadThreadParams(thread_id=ONE),
)


def test_a_trace_of_a_manager_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    """Ensure the port, what was declared there, and what the process was started with are kept."""
    trace = Trace(
        MANAGED,
        ts.Capabilities(lazy=True),
        "some",
        "FORK-1",
        port="manager",
        session=ts.SessionCapabilities(cascades=True),
        settings=ts.ProcessSettings(environment={"X": "y"}, default_originator="me"),
    )
    trace.save(tmp_path / "t.json")
    assert Trace.load(tmp_path / "t.json") == trace


def test_an_operation_of_the_other_port_is_refused(tmp_path: Path) -> None:
    """Ensure a trace of a store does not start threads, and one of a manager does not create them."""
    for port, operation, other in (("store", "start_thread", "ThreadStore"), ("manager", "create_thread", "Manager")):
        document = {"format": "threadstore-trace/1", "port": port, "capabilities": {}}
        document["operations"] = [{"operation": operation}]
        (tmp_path / "t.json").write_text(json.dumps(document))
        with pytest.raises(TraceError, match=f"{other} operation is called '{operation}'"):
            Trace.load(tmp_path / "t.json")


def test_a_program_of_a_manager_is_python_that_runs() -> None:
    """Ensure the printed program runs on its own, restarts among it, and makes the threads that it speaks of."""
    text = as_python(MANAGED, "memory", refused={2, 4, 9, 10}, port="manager")
    assert "    thread_1 = manager.start_thread(StartParams(source={'a': 1})).thread_id\n" in text
    assert "        manager.fork_thread(ForkParams(thread_id=thread_1, " in text
    assert "    manager = process.restart(ProcessSettings(environment={" in text
    assert "'parent_thread_id': thread_3}" in text
    names: dict[str, Any] = {}
    exec(compile(text + "    seen = manager.list_loaded(ListLoadedParams())\n", "p", "exec"), names)
    assert names["thread_3"] in names["seen"].thread_ids
    assert "thread_4" not in names, "nothing speaks of it"
    assert len(names["cursors"]) == 2


def test_a_program_without_a_restart_needs_no_process() -> None:
    """Ensure the text is as short as the program lets it be."""
    settings = ts.ProcessSettings(default_originator="me")
    text = as_python((ts.StartParams(), ts.ListLoadedParams()), "memory", port="manager", settings=settings)
    assert text == (
        "from threadstore import *\n"
        "from threadstore_conformance import fresh_manager\n\n"
        "with fresh_manager('memory', settings=ProcessSettings(default_originator='me')) as manager:\n"
        "    manager.start_thread(StartParams())\n"
        "    print(manager.list_loaded(ListLoadedParams()))\n"
    )


def test_the_last_answer_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Ensure the text shows what the difference is in: a result as it is, and a refusal in place of a traceback."""
    start = ts.StartParams(source="exec")
    read = ts.ReadThreadParams(thread_id=ONE)
    text = as_python((start,), "memory", port="manager")
    assert text.endswith("\n    print(manager.start_thread(StartParams(source='exec')))\n")
    refusal = as_python((start, read), "memory", refused={1}, port="manager", untold="and it rained")
    assert "suppress" not in refusal
    assert refusal.endswith("    # and it rained\n")
    for program, shown in ((text, "source='exec'"), (refusal, "ThreadNotFound(")):
        exec(compile(program, "p", "exec"), {})
        assert shown in capsys.readouterr().out


def test_cursors_are_numbered_by_the_pages_that_came() -> None:
    """Ensure neither a refused listing nor a listing of something else shifts them, and an unknown page is a text."""
    page = ts.ListThreadsParams(page_size=1)
    program = (page, page, ts.ListTurnsParams(thread_id=ONE, page_size=1), page)
    program = (*program, attrs.evolve(page, cursor="@cursor:1"), attrs.evolve(page, cursor="@cursor:9"))
    text = as_python(program, "memory", refused={1, 5})
    assert "cursor=cursors[1]" in text
    assert "cursor='@cursor:gone'" in text
    assert text.count("cursors += [store.list_threads(") == 3


def test_a_program_in_which_time_goes_by_is_python_that_runs() -> None:
    """Ensure the text makes the clock that it moves, and a first restart is what the process is started with."""
    program = (RestartParams(environment_override="over"), ts.StartParams(), WaitParams(milliseconds=5_000))
    text = as_python((*program, ts.ReadThreadParams(thread_id="@thread:0")), "memory", port="manager")
    assert "clock = ManualClock()\nwith fresh_manager('memory', clock, settings=ProcessSettings(environment={" in text
    names: dict[str, Any] = {}
    exec(compile(text, "p", "exec"), names)
    assert names["clock"].now == ts.ManualClock().now + 5_000
    text = as_python((*program, RestartParams(), WaitParams(milliseconds=1)), "memory", port="manager")
    exec(compile(text, "p", "exec"), names)
    assert "    manager = process.restart(ProcessSettings())\n" in text


@pytest.mark.parametrize("port", ["store", "manager"])
def test_a_trace_keeps_the_waits(port: Any, tmp_path: Path) -> None:
    """Ensure time is written at both ports, by the name that the page gives it."""
    trace = Trace((WaitParams(milliseconds=5_000),), ts.Capabilities(), port=port)
    trace.save(tmp_path / "t.json")
    document = json.loads((tmp_path / "t.json").read_text())
    assert document["operations"] == [{"operation": "wait", "params": {"milliseconds": 5_000}}]
    assert Trace.load(tmp_path / "t.json") == trace


def test_names_of_threads_come_and_go() -> None:
    """Ensure ids are named, and names are ids again, wherever they stand; a refused operation's is no thread's."""
    names = ThreadNames()
    names.made(ONE)
    names.made(None)
    source = {"subagent": {"thread_spawn": {"parent_thread_id": ONE}}}
    operation = ts.StartParams(forked_from_id=ONE, source=source, dynamic_tools=[{"ids": [ONE, "@path:" + ONE]}])
    named = names.named(operation)
    assert named.forked_from_id == "@thread:0"
    assert ONE not in repr(named)
    assert names.resolved(named) == operation
    refused = names.resolved(ts.ReadThreadParams(thread_id="@thread:1"))
    assert ts.is_thread_id(refused.thread_id)
    assert names.resolved(ts.ReadThreadParams(thread_id="@thread:7")).thread_id != refused.thread_id
    assert names.resolved(ts.ReadThreadParams(thread_id="@thread:x")).thread_id == "@thread:x"
