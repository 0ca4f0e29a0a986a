"""Opening homes that are none, or not ours to use: one clear sentence, and nothing half-written."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from local.homes import ONE, create, listed, meta, opened, patch, read, texts, write
from threadstore import Internal, InvalidRequest

NOBODY = 65534


def as_nobody(program: str) -> str:
    """Run a program as an ordinary user, to whom permissions mean something; return what it prints."""
    drop = f"import os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n" if os.getuid() == 0 else ""
    # Imported before the drop, since the user may not read where the project is installed.
    prologue = "from pathlib import Path\nfrom threadstore import *\nfrom threadstore_backends.local import *\n"
    attempt = f"""
try:
{program}
except ThreadStoreError as error:
    print(type(error).__name__, error)
else:
    print("no error")
"""
    done = subprocess.run(
        [sys.executable, "-c", prologue + drop + attempt], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A home that everybody can reach."""
    # pytest's own folders, of which pytest-xdist makes one more.
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.name.startswith(("pytest-", "popen-", tmp_path.name)) and folder.stat().st_uid == os.getuid():
            folder.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.mark.parametrize("below", ["", "/further"])
def test_a_home_that_is_a_file(tmp_path: Path, below: str) -> None:
    """Ensure a file in place of a home is refused, and left as it is."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidRequest, match="is a file; a home is a folder"):
        opened(Path(f"{tmp_path}/file{below}"))
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("mode", [0o000, 0o400, 0o500, 0o300])
def test_a_home_without_permission(shared: Path, mode: int) -> None:
    """Ensure a home that cannot be read and written is named, with what to do about it."""
    shared.chmod(mode)
    said = as_nobody(f"    LocalThreadStore(Path({str(shared)!r}))")
    shared.chmod(0o755)
    assert said.startswith("Internal")
    assert str(shared) in said
    assert "permission" in said
    assert not list(shared.iterdir())


def test_a_home_that_cannot_be_made(shared: Path) -> None:
    """Ensure a missing home below a folder that is not ours is an error that names it."""
    shared.chmod(0o555)
    said = as_nobody(f"    LocalThreadStore(Path({str(shared / 'new')!r}))")
    assert said.startswith("Internal")
    assert str(shared / "new") in said


@pytest.mark.parametrize("part", ["sessions", "sessions/2026/11", "archived_sessions"])
def test_a_folder_without_permission(shared: Path, part: str) -> None:
    """Ensure a folder of threads that cannot be read is an error that names it, not an empty listing."""
    write(shared, meta())
    write(shared, meta(), archived=True)
    shared.chmod(0o777)
    (shared / part).chmod(0o000)
    said = as_nobody(f"    LocalThreadStore(Path({str(shared)!r}))")
    (shared / part).chmod(0o755)
    assert said.startswith("Internal")
    assert str(shared / part) in said


def test_a_rollout_without_permission_hides_no_other(shared: Path) -> None:
    """Ensure one file that cannot be read is named when asked for, and the others are there."""
    other = "01a20211-9711-7c51-b65d-65e1f4ccca03"
    path = write(shared, meta())
    write(shared, meta(other), thread_id=other).chmod(0o644)
    path.chmod(0o000)
    shared.chmod(0o777)
    said = as_nobody(f"""
    store = LocalThreadStore(Path({str(shared)!r}))
    print([thread.thread_id for thread in store.list_threads(ListThreadsParams()).items])
    store.read_thread(ReadThreadParams(thread_id={ONE!r}))""")
    listing, error = said.splitlines()
    assert listing == f"['{other}']"
    assert error.startswith("Internal")
    assert str(path) in error


def test_a_database_that_cannot_be_opened(shared: Path) -> None:
    """Ensure an index without permission is an error that names it, and is not set aside as damaged."""
    opened(shared).close()
    (shared / "threadstore_1.sqlite").chmod(0o000)
    shared.chmod(0o777)
    said = as_nobody(f"    LocalThreadStore(Path({str(shared)!r}))")
    assert said.startswith("Internal")
    assert "threadstore_1.sqlite" in said
    assert [path.name for path in shared.iterdir()] == ["threadstore_1.sqlite"]


def test_a_locked_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ensure an index that somebody holds is an error that says so, and is not set aside as damaged."""
    opened(tmp_path).close()
    holder = sqlite3.connect(tmp_path / "threadstore_1.sqlite", isolation_level=None)
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr("threadstore_backends.local.index.BUSY_SECONDS", 0.1)
    with pytest.raises(Internal, match="locked"):
        opened(tmp_path)
    holder.execute("ROLLBACK")
    holder.close()
    assert [path.name for path in tmp_path.iterdir()] == ["threadstore_1.sqlite"]


def test_a_closed_store_refuses_clearly(tmp_path: Path) -> None:
    """Ensure a store after close answers with an error of its own, and closing twice is fine."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    store.close()
    store.close()
    with pytest.raises(Internal, match="closed"):
        read(store)


def test_an_index_damaged_while_open_is_an_error(tmp_path: Path) -> None:
    """Ensure damage that shows during an operation is reported with what to do, and the next opening repairs it."""
    store = opened(tmp_path)
    create(store, ONE, "hello")
    with sqlite3.connect(tmp_path / "threadstore_1.sqlite") as connection:
        connection.execute("DROP TABLE threads")
    connection.close()
    with pytest.raises(Internal, match="open it again"):
        patch(store, name="Mine")
    store.close()
    store = opened(tmp_path)
    assert (listed(store), texts(store)) == ([ONE], ["hello"])
    store.close()
