"""Directed checks of LOCAL-5: Codex's own database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from attrs import field, frozen

from threadstore import (
    ArchiveThreadParams,
    DeleteThreadParams,
    GitInfoPatch,
    ResumeThreadParams,
    ThreadId,
    UnarchiveThreadParams,
)
from threadstore_conformance.checks.codex_database import NAME, Content, content, make_database, row, thread_row
from threadstore_conformance.checks.codex_home import line, meta, remove_databases, write_rollout
from threadstore_conformance.checks.listing import shown
from threadstore_conformance.lab import METADATA, Lab, agent_message, clause, user_message


@clause("LOCAL-5")
def test_the_database_is_never_created(lab: Lab) -> None:
    """Ensure no operation makes a state_5.sqlite in a home that has none, opened for the first time or again."""
    thread = lab.create()
    lab.append(thread, user_message("hello"))
    lab.patch(thread, name="a name", memory_mode="disabled", git_info=_GIT, preview="a preview")
    lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    shown(lab, archived=True)
    lab.store.unarchive_thread(UnarchiveThreadParams(thread_id=thread))
    lab.reopen()
    lab.store.delete_thread(DeleteThreadParams(thread_id=thread))
    assert sorted(path.name for path in lab.home.glob("state_*")) == [], "files of Codex's database"


@clause("LOCAL-5")
def test_reading_leaves_the_database_alone(lab: Lab) -> None:
    """Ensure open, list, read, load, resume and close change no byte of the database."""
    threads = _write_home(lab)
    before = (lab.home / NAME).read_bytes()
    lab.reopen()
    shown(lab)
    for thread in threads:
        lab.history(thread)
        lab.store.resume_thread(ResumeThreadParams(thread_id=thread, metadata=METADATA))
        lab.close(thread)
    lab.reopen()
    assert before == (lab.home / NAME).read_bytes(), "state_5.sqlite, of which was only read"


@clause("LOCAL-5")
def test_the_schema_is_never_migrated(lab: Lab) -> None:
    """Ensure tables, indexes, triggers, versions and every row of other tables outlive all operations."""
    first, second, third = _write_home(lab)
    before = content(lab.home)
    new = lab.create()
    lab.append(new, user_message("hello"))
    for thread in (first, second, new):
        lab.patch(thread, name="a name", memory_mode="disabled", git_info=_GIT, preview="p", title="t", model="m")
        lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    lab.store.unarchive_thread(UnarchiveThreadParams(thread_id=first))
    lab.reopen()
    after = content(lab.home)
    assert [first, second, third] == [entry["id"] for entry in after["threads"]], "the rows of threads"
    for table in (before.keys() | after.keys()) - {"threads"}:
        assert before.get(table) == after.get(table), f"state_5.sqlite: {table}"


@clause("LOCAL-5")
def test_a_new_thread_puts_nothing_into_the_database(lab: Lab) -> None:
    """Ensure rows are Codex's to insert: creating, appending and patching a thread of our own adds none."""
    _write_home(lab)
    before = content(lab.home)
    thread = lab.create()
    lab.append(thread, user_message("hello"))
    lab.patch(thread, name="a name", git_info=_GIT)
    lab.close(thread)
    assert before == content(lab.home), "state_5.sqlite, before and after the life of a new thread"


@clause("LOCAL-5")
def test_a_name_is_updated_in_place(lab: Lab) -> None:
    """Ensure a name set, replaced and cleared is what Codex finds in its row, all else as it was."""
    thread = _write_home(lab)[1]
    change = _Change(lab, thread)
    lab.patch(thread, name="Überprüfung 🧵")
    assert change.of({"title"})["title"] == "Überprüfung 🧵"
    lab.patch(thread, name="another")
    assert change.of({"title"})["title"] == "another"
    lab.patch(thread, name=None)
    assert change.of({"title"})["title"] not in ("another", "Überprüfung 🧵"), "the title of a cleared name"


@clause("LOCAL-5")
def test_memory_mode_is_updated_in_place(lab: Lab) -> None:
    """Ensure memory mode is what Codex finds in its row, all else as it was."""
    thread = _write_home(lab)[1]
    change = _Change(lab, thread)
    for mode in ("disabled", "enabled", "disabled"):
        lab.patch(thread, memory_mode=mode)
        assert mode == change.of({"memory_mode"})["memory_mode"]


@clause("LOCAL-5")
def test_git_is_updated_in_place(lab: Lab) -> None:
    """Ensure git information, set by part and cleared, is what Codex finds in its row, all else as it was."""
    thread = _write_home(lab)[1]
    change = _Change(lab, thread)
    for patch, expected in (
        (_GIT, ("0123abc", "main", "https://example.com/r.git")),
        (GitInfoPatch(branch="work"), ("0123abc", "work", "https://example.com/r.git")),
        (GitInfoPatch(sha=None), (None, "work", "https://example.com/r.git")),
        (GitInfoPatch(branch=None, origin_url=None), (None, None, None)),
    ):
        lab.patch(thread, git_info=patch)
        found = change.of(set(_GIT_COLUMNS))
        assert expected == tuple(found[name] for name in _GIT_COLUMNS), f"after {patch}"


@clause("LOCAL-5")
def test_the_side_is_updated_in_place(lab: Lab) -> None:
    """Ensure archive and unarchive are what Codex finds in its row, the path of the rollout among them."""
    thread = _write_home(lab)[1]
    change = _Change(lab, thread)
    lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    found = change.of({"archived", "archived_at", "rollout_path"})
    assert found["archived"] == 1
    assert isinstance(found["archived_at"], int), "archived_at of an archived thread"
    assert (lab.home / "archived_sessions").resolve() == Path(found["rollout_path"]).parent.resolve()
    lab.store.unarchive_thread(UnarchiveThreadParams(thread_id=thread))
    found = change.of({"archived", "archived_at", "rollout_path"})
    assert (found["archived"], found["archived_at"]) == (0, None)
    assert Path(found["rollout_path"]).is_file(), f"rollout_path {found['rollout_path']} leads nowhere"


@clause("LOCAL-5")
def test_a_deleted_thread_leaves_no_row(lab: Lab) -> None:
    """Ensure a deletion takes the thread's row and the edges that touch it, and no other."""
    first, second, third = _write_home(lab)
    before = content(lab.home)
    lab.store.delete_thread(DeleteThreadParams(thread_id=second))
    lab.reopen()
    after = content(lab.home)
    assert [entry for entry in before["threads"] if entry["id"] != second] == after["threads"]
    edges = [(edge["parent_thread_id"], edge["child_thread_id"]) for edge in after["thread_spawn_edges"]]
    assert [(first, third)] == edges, "thread_spawn_edges"
    assert [first, third] == sorted(shown(lab))


@clause("LOCAL-5")
def test_an_append_changes_no_row(lab: Lab) -> None:
    """Ensure appending to a thread that Codex wrote leaves its row as it was."""
    thread = _write_home(lab)[1]
    before = content(lab.home)
    lab.store.resume_thread(ResumeThreadParams(thread_id=thread, metadata=METADATA))
    lab.append(thread, user_message("more"), agent_message("more"))
    lab.close(thread)
    assert before == content(lab.home), "state_5.sqlite, before and after an append"


@clause("LOCAL-5")
def test_rows_are_read(lab: Lab) -> None:
    """Ensure what Codex keeps in its row alone is read from there."""
    thread = _write_home(lab)[0]
    assert lab.read(thread).recency_at == 1_782_293_455_571, "recency_at, which only the row has"


@clause("LOCAL-5")
def test_a_thread_is_adopted_at_the_first_write(lab: Lab) -> None:
    """Ensure the first patch of a thread that Codex wrote changes only what it says, for good."""
    thread, other, _ = _write_home(lab)
    before = lab.read(thread)
    after = lab.patch(thread, agent_nickname="Locke")
    for name in ("recency_at", "created_at", "preview", "model", "model_provider", "memory_mode", "name", "git_info"):
        assert getattr(before, name) == getattr(after, name), f"{name}, which the patch does not name"
    lab.reopen(between=lambda home: (home / NAME).unlink())
    assert after == lab.read(thread), "the adopted thread, once Codex's database is gone"
    assert other in shown(lab)


@clause("LOCAL-5")
def test_the_stores_own_database_is_apart(lab: Lab) -> None:
    """Ensure a home keeps what was patched when Codex's database is replaced by another."""
    thread = _write_home(lab)[0]
    patched = lab.patch(thread, preview="ours", title="ours", model="ours", first_user_message="ours")

    def replace(home: Path) -> None:
        (home / NAME).unlink()
        make_database(home, [row(home, thread, Path(str(patched.rollout_path)), preview="theirs", model="theirs")])

    lab.reopen(between=replace)
    seen = lab.read(thread)
    assert (seen.preview, seen.model, seen.first_user_message) == ("ours",) * 3, "what was patched"


_GIT = GitInfoPatch(sha="0123abc", branch="main", origin_url="https://example.com/r.git")
_GIT_COLUMNS = ("git_sha", "git_branch", "git_origin_url")
#: What Codex itself moves when it changes anything else of a row.
_MOVES_ALONG = frozenset({"updated_at", "updated_at_ms"})


def _write_home(lab: Lab) -> tuple[ThreadId, ThreadId, ThreadId]:
    threads = lab.new_id(), lab.new_id(), lab.new_id()

    def write(home: Path) -> None:
        remove_databases(home)
        talk = (user_message("Fix the login test"), agent_message("Done."))
        paths = [write_rollout(home, thread, map(line, (meta(thread), *talk))) for thread in threads]
        make_database(home, [row(home, *known) for known in zip(threads, paths, strict=True)])

    lab.reopen(between=write)
    return threads


@frozen
class _Change:
    """What becomes of one row while everything around it must stay."""

    lab: Lab
    thread: ThreadId
    before: Content = field(init=False)

    @before.default
    def _(self) -> Content:
        return content(self.lab.home)

    def of(self, columns: set[str]) -> dict[str, Any]:
        """Return the row as it is now, of which these columns alone may have changed."""
        now = thread_row(self.lab.home, self.thread)
        assert now is not None, f"the row of {self.thread} is gone"
        after = content(self.lab.home)
        assert self.before.keys() == after.keys(), "state_5.sqlite: its tables"
        for table, rows in after.items():
            assert len(self.before[table]) == len(rows), f"state_5.sqlite: the number of rows of {table}"
            for old, new in zip(self.before[table], rows, strict=True):
                if old == new:
                    continue
                assert (table, self.thread) == ("threads", new.get("id")), (
                    f"state_5.sqlite: {table}: {old} became {new}"
                )
                names = {name for name in new if old[name] != new[name]} - _MOVES_ALONG
                assert names <= columns, f"state_5.sqlite: columns {sorted(names - columns)} of {old} changed to {new}"
        return now
