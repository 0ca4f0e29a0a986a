"""A home as Codex writes it: a thread of every shape, and what a store must tell of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import field, frozen

from threadstore import GitInfo, RolloutItem, ThreadId
from threadstore_conformance.checks.codex_database import make_database, row
from threadstore_conformance.checks.codex_home import (
    BEGAN_MS,
    line,
    meta,
    rollout_of,
    rollouts,
    write_name,
    write_rollout,
)
from threadstore_conformance.lab import Lab, agent_message, user_message

_SOURCE = "01900000-0000-7000-8000-00000000f00d"
STRAYS = tuple(f"01900000-0000-7000-8000-00000000dea{digit}" for digit in "012")


@frozen
class Written:
    """A thread of the written home, and what a store must tell of it."""

    id: ThreadId
    items: Sequence[RolloutItem]
    #: The lines of its rollout; the items, unless given.
    lines: Sequence[bytes] = field()
    archived: bool = False
    tells: Mapping[str, object] = field(factory=dict)

    @lines.default
    def _(self) -> Sequence[bytes]:
        return [line(item) for item in self.items]


_TURN = RolloutItem("turn_context", {"turn_id": "t", "cwd": "/home/someone/project", "model": "gpt-5.1-codex"})
_CALL = RolloutItem("response_item", {"type": "function_call", "name": "shell", "arguments": "{}", "call_id": "c"})
_SAID = RolloutItem(
    "response_item", {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fix"}]}
)
_TALK = (_TURN, _SAID, user_message("Fix the login test", images=[]), _CALL, agent_message("Done."))


def write_home(lab: Lab, *, with_database: bool = False, strays: bool = False) -> dict[str, Written]:
    """Write the home of a closed store anew, open it again, and return its threads by kind."""
    threads = {kind: make(lab.new_id()) for kind, make in _KINDS.items()}

    def write(home: Path) -> None:
        for path in [*rollouts(home), *home.glob("*.sqlite*"), *home.glob("session_index.jsonl")]:
            path.unlink()
        for thread in threads.values():
            write_rollout(home, thread.id, thread.lines, archived=thread.archived)
        twin = rollout_of(home, threads["twin"].id)
        twin.with_name(f"{twin.name}.zst").write_bytes(b"no compressed data at all")
        for kind, name in _NAMES:
            write_name(home, threads[kind].id, name)
        if strays:
            _write_strays(home)
        if with_database:
            make_database(home, [_row(home, thread) for thread in threads.values() if "git_info" not in thread.tells])

    lab.reopen(between=write)
    return threads


def _row(home: Path, thread: Written) -> dict[str, object]:
    path = next(path for path in rollouts(home) if thread.id in path.name)
    archived = {"archived": 1, "archived_at": 1_782_293_470} if thread.archived else {}
    title = {"title": thread.tells["name"]} if thread.tells.get("name") else {}
    return row(home, thread.id, path, **archived, **title)


def _write_strays(home: Path) -> None:
    write_rollout(home, STRAYS[0], [])
    write_rollout(home, STRAYS[1], [b"\xef\xbb\xbf\xff\xfe no rollout at all"])
    write_rollout(home, STRAYS[2], [b"\n\n", b"[]\n", b'{"type": 7}\n', b"null\n"])
    day = home / "sessions/2026/06/24"
    (day / "notes.txt").write_text("not a rollout")
    (day / "rollout-of-something-else.jsonl").write_bytes(line(meta(_SOURCE)))
    (home / "sessions/2026/not-a-month").mkdir(exist_ok=True)
    index = home / "session_index.jsonl"
    index.write_bytes(b'{"id": 7}\nnot json\n\n' + index.read_bytes())


def _modern(thread: ThreadId) -> Written:
    first = meta(thread, context_window={"window_id": "w"}, history_mode="legacy", unknown_member={"kept": [1, None]})
    tells = {"originator": "codex-tui", "cwd": "/home/someone/project", "preview": "Fix the login test"}
    return Written(thread, [first, *_TALK], tells={**tells, "name": "second name", "created_at": BEGAN_MS})


def _legacy(thread: ThreadId) -> Written:
    first = meta(thread, session_id=None, base_instructions=None, cli_version="0.98.0", source="cli")
    return Written(thread, [first, *_TALK], tells={"source": "cli", "cli_version": "0.98.0", "name": None})


def _sub_agent(thread: ThreadId) -> Written:
    source = {"subagent": {"thread_spawn": {"parent_thread_id": _SOURCE, "depth": 1}}}
    first = meta(thread, session_id=None, source=source, forked_from_id=_SOURCE, agent_type="explorer")
    tells = {"parent_thread_id": _SOURCE, "forked_from_id": _SOURCE, "source": source, "agent_role": "explorer"}
    return Written(thread, [first, *_TALK], tells=tells)


def _fork(thread: ThreadId) -> Written:
    copied = meta(_SOURCE, memory_mode="disabled", originator="another", git={"branch": "theirs"})
    items = [meta(thread, forked_from_id=_SOURCE), copied, *_TALK]
    return Written(thread, items, tells={"originator": "codex-tui", "memory_mode": "enabled"})


def _archived(thread: ThreadId) -> Written:
    return Written(thread, [meta(thread), *_TALK], archived=True, tells={"name": "archived name"})


def _restated(thread: ThreadId) -> Written:
    items = [meta(thread), *_TALK]
    git = {"commit_hash": "abc", "branch": "main", "repository_url": "https://example.com/r.git"}
    again = [
        meta(thread, memory_mode="disabled"),
        meta(thread, git=git, memory_mode="disabled"),
        meta(thread, originator="no longer", source="exec"),
    ]
    tells = {"memory_mode": "disabled", "git_info": GitInfo("abc", "main", "https://example.com/r.git")}
    lines = [line(item) for item in (*items[:3], *again[:1], *items[3:], *again[1:])]
    return Written(thread, items, lines, tells={**tells, "originator": "codex-tui", "source": "vscode"})


def _cleared(thread: ThreadId) -> Written:
    items = [meta(thread, git={"branch": "main"}), *_TALK]
    lines = [line(item) for item in (*items, meta(thread, git={}))]
    return Written(thread, items, lines, tells={"git_info": None, "name": None})


def _damaged(thread: ThreadId) -> Written:
    items = [meta(thread), *_TALK]
    known = [line(item) for item in items]
    unknown = RolloutItem("token_usage_record", {"input_tokens": 1})
    event = RolloutItem("event_msg", {"type": "of_a_later_version"})
    between = [line(unknown), b"\n", b'{"timestamp":"2026-06-24T09:30:00.125Z","ty\n', line(event), b"  \r\n", b"{}\n"]
    return Written(thread, items, [*known[:3], *between, *known[3:], b'{"timestamp":"2026-06-24T0'])


def _kept_by_an_older_writer(thread: ThreadId) -> Written:
    old = RolloutItem("event_msg", {"type": "thread_name_updated", "thread_id": thread, "thread_name": "old"})
    return Written(thread, [meta(thread), *_TALK, old, RolloutItem("event_msg", {"type": "error", "message": "e"})])


def _numbered_in_part(thread: ThreadId) -> Written:
    # As two versions leave it when only the former gave its lines an ordinal.
    items = [meta(thread), *_TALK]
    lines = [line(item, **({"ordinal": number} if number < 3 else {})) for number, item in enumerate(items)]
    return Written(thread, items, lines)


_KINDS: dict[str, Callable[[ThreadId], Written]] = {
    "modern": _modern,
    "legacy": _legacy,
    "sub-agent": _sub_agent,
    "fork": _fork,
    "archived": _archived,
    "restated": _restated,
    "cleared": _cleared,
    "damaged": _damaged,
    "older": _kept_by_an_older_writer,
    "numbered": _numbered_in_part,
    "twin": lambda thread: Written(thread, [meta(thread), *_TALK]),
}
_NAMES = (
    ("modern", "first name"),
    ("cleared", "a name"),
    ("archived", "archived name"),
    ("modern", "second name"),
    ("cleared", ""),
)
