"""Programs as data: traces and Python text."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import threadstore as ts
from threadstore.store import METHODS
from threadstore_conformance.program import Trace, TraceError, as_python, render

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
