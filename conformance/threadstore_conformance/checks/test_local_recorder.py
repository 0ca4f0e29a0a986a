"""Directed checks of LOCAL-3: what the recorder writes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from threadstore import ArchiveThreadParams, FlushThreadParams, ResumeThreadParams, RolloutItem
from threadstore_conformance.checks.codex_database import content
from threadstore_conformance.checks.codex_home import lines_of, rollout_of, rollouts
from threadstore_conformance.lab import METADATA, Lab, agent_message, clause, user_message


@clause("LOCAL-3")
def test_a_rollout_is_the_kept_items_one_a_line(lab: Lab) -> None:
    """Ensure a file's lines after its session_meta are exactly the kept items, in order, whatever they hold."""
    thread = lab.create()
    lab.append(thread, *_ITEMS[:3])
    for item in _ITEMS[3:]:
        lab.append(thread, item, _DROPPED)
    lab.append(thread, _DROPPED)
    lab.close(thread)
    first, *later = lines_of(rollout_of(lab.home, thread))
    assert ("session_meta", thread) == (first["type"], first["payload"]["id"]), "the first line"
    assert list(_ITEMS) == [_item(entry) for entry in later], "the lines after the first"


@clause("LOCAL-3")
def test_a_line_is_an_envelope_around_the_item(lab: Lab) -> None:
    """Ensure a line has a UTC timestamp in milliseconds beside the item, and nothing else but an ordinal."""
    thread = lab.create()
    lab.append(thread, *_ITEMS)
    for entry in lines_of(rollout_of(lab.home, thread)):
        known = {"timestamp", "type", "payload"}
        assert known == entry.keys() - {"ordinal"}, f"the members of the line {entry}"
        moment = entry["timestamp"]
        assert _MOMENT.fullmatch(str(moment)), f"a line must have a UTC timestamp in milliseconds, it has {moment!r}"


@clause("LOCAL-3")
def test_an_append_only_adds_to_the_file(lab: Lab) -> None:
    """Ensure what a rollout held stays byte for byte, with one line more for each item, live, resumed or archived."""
    thread = lab.create()
    lab.append(thread, *_ITEMS)
    for step in ("live", "resumed", "archived"):
        if step == "resumed":
            lab.close(thread)
            lab.store.resume_thread(ResumeThreadParams(thread_id=thread, metadata=METADATA))
        elif step == "archived":
            lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
        before = rollout_of(lab.home, thread).read_bytes()
        lab.append(thread, user_message("one"), agent_message("two"))
        lab.store.flush_thread(FlushThreadParams(thread_id=thread))
        after = rollout_of(lab.home, thread).read_bytes()
        assert before == after[: len(before)], f"{step}: what stood in the rollout changed"
        assert after[len(before) :].count(b"\n") == 2, f"{step}: two items were appended, and these bytes added"


@clause("LOCAL-3")
def test_an_append_writes_nothing_but_the_rollout(lab: Lab) -> None:
    """Ensure appends that tell much of a thread leave every other file and every row of a database as they were."""
    thread, other = lab.create(), lab.create()
    for each in (thread, other):
        lab.append(each, user_message("hello"))
        lab.patch(each, name="a name", preview="a preview")
    own = rollout_of(lab.home, thread)
    before = _everything_but(lab.home, own)
    for item in _TELLING:
        lab.append(thread, item)
    lab.store.flush_thread(FlushThreadParams(thread_id=thread))
    after = _everything_but(lab.home, own)
    for name in sorted(before.keys() | after.keys()):
        assert before.get(name) == after.get(name), f"appends to {own.name} changed {name}"


@clause("LOCAL-3")
def test_a_large_item_is_one_line(lab: Lab) -> None:
    """Ensure an item of a megabyte, full of line breaks, is one line."""
    thread = lab.create()
    large = user_message("a line\n" * 150_000)
    lab.append(thread, large, user_message("after it"))
    lines = lines_of(rollout_of(lab.home, thread))
    assert len(lines) == 3
    assert large == _item(lines[1])


@clause("LOCAL-3")
def test_a_thread_has_one_rollout(lab: Lab) -> None:
    """Ensure appending before and after closing, resuming and archiving makes no second file."""
    thread = lab.create()
    lab.append(thread, user_message("one"))
    lab.close(thread)
    lab.store.resume_thread(ResumeThreadParams(thread_id=thread, metadata=METADATA))
    lab.append(thread, user_message("two"))
    lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    lab.append(thread, user_message("three"))
    assert [rollout_of(lab.home, thread)] == rollouts(lab.home)


@clause("LOCAL-3")
def test_a_home_that_was_opened_again_is_written_the_same(lab: Lab) -> None:
    """Ensure a rollout that another process began goes on as one line for each kept item, in order."""
    thread = lab.create()
    items = [user_message(str(number)) for number in range(6)]
    lab.append(thread, *items[:2])
    for start in (2, 4):
        lab.reopen()
        lab.store.resume_thread(ResumeThreadParams(thread_id=thread, metadata=METADATA))
        before = rollout_of(lab.home, thread).read_bytes()
        lab.append(thread, *items[start : start + 2])
        lab.close(thread)
        assert rollout_of(lab.home, thread).read_bytes().startswith(before), "what stood in the rollout changed"
    _, *lines = lines_of(rollout_of(lab.home, thread))
    assert items == [_item(line) for line in lines], "the lines after the first"


_ITEMS = (
    user_message("hello"),
    user_message("hello"),
    agent_message("lines\r\n\n\u2028\u2029\u0085 and \u0000 \u001f \u007f \ufeff 🧵 e\u0301 é \\n"),
    RolloutItem("response_item", {"type": "message", "role": "user", "content": [], "unknown": {"deep": [None, {}]}}),
    RolloutItem("turn_context", {"n": [2**64 - 1, -(2**63), 2**53 + 1, 1e308, 5e-324, 0.1, True, False, None, ""]}),
    RolloutItem("session_meta", {"id": "01900000-0000-7000-8000-00000000f00d", "originator": "of a source"}),
    RolloutItem("compacted", {"message": "", "replacement_history": [{"type": "message"}]}),
    RolloutItem("event_msg", {"type": "turn_started"}),
    RolloutItem("event_msg", {"type": "task_started"}),
)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_DROPPED = RolloutItem("event_msg", {"type": "agent_message_delta", "delta": "hel"})
_TELLING = (
    user_message("a first message that previews are made of"),
    RolloutItem(
        "turn_context", {"cwd": "/elsewhere", "model": "another", "approval_policy": "never", "effort": "high"}
    ),
    RolloutItem("event_msg", {"type": "token_count", "info": {"total_token_usage": {"total_tokens": 99}}}),
    RolloutItem("event_msg", {"type": "thread_goal_updated", "goal": {"objective": "a goal"}}),
    RolloutItem(
        "session_meta",
        {"id": "01900000-0000-7000-8000-00000000f00d", "memory_mode": "disabled", "git": {"branch": "b"}},
    ),
)


def _item(entry: dict[str, Any]) -> RolloutItem:
    return RolloutItem(entry["type"], entry["payload"])


def _everything_but(home: Path, rollout: Path) -> dict[str, object]:
    found: dict[str, object] = {}
    for path in home.rglob("*"):
        if path.suffix == ".sqlite":
            # SQLite may move its pages about as it likes; the rows are what counts.
            found[path.name] = content(home, name=path.name)
        elif path.is_file() and path != rollout and ".sqlite-" not in path.name:
            found[str(path.relative_to(home))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
