"""Directed checks of reading by path: READ-4 and READ-4b."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from threadstore import ReadThreadByRolloutPathParams, ReadThreadParams, StoredThread, ThreadId, ThreadStoreError
from threadstore_conformance.lab import INVALID, Lab, clause, user_message

from .comparing import changed
from .patches import patched_thread, places
from .refusing import assert_names
from .verbs import archive, delete, flush, unarchive


@clause("READ-4")
def test_a_read_by_path_equals_the_read_by_id(lab: Lab) -> None:
    """Ensure both answer alike, errors included, for every flag, wherever the thread is."""
    for place, thread in places(lab):
        patched_thread(lab, thread)
        for path in _spellings(lab, thread):
            for archived in (False, True):
                for history in (False, True):
                    _assert_alike(lab, thread, path, place, archived, history)


@clause("READ-4")
def test_a_path_shows_the_history(lab: Lab) -> None:
    """Ensure a read by path with history has what load_history has."""
    thread, other = lab.create(), lab.create()
    lab.append(thread, user_message("said"))
    lab.append(other, user_message("said elsewhere"))
    flush(lab, thread)
    read = _by_path(lab, str(lab.read(thread).rollout_path), history=True)
    assert read.history is not None, "a read by path with include_history has no history"
    assert list(lab.history(thread)) == list(read.history.items)


@clause("READ-4")
def test_every_visible_thread_has_a_path(lab: Lab) -> None:
    """Ensure a thread that is readable has a rollout_path of its own, however it became visible."""
    empty, begun, patched = lab.create(), lab.create(visible=False), lab.create(visible=False)
    lab.append(begun, user_message("said"))
    lab.patch(patched, title="titled")
    paths = {thread: lab.read(thread).rollout_path for thread in (empty, begun, patched)}
    assert len(set(paths.values())) == 3, f"three threads must have three paths, they have {paths}"
    for thread, path in paths.items():
        assert isinstance(path, str), f"thread {thread} is visible, and its rollout_path is {path!r}"
        assert thread == _by_path(lab, path).thread_id, f"{path} leads to another thread"


@clause("READ-4")
def test_the_latest_path_is_the_good_one(lab: Lab) -> None:
    """Ensure archive and unarchive give a path that works, back and forth."""
    thread = lab.create()
    lab.append(thread, user_message("said"))
    lab.close(thread)
    for move in (archive, unarchive, archive, unarchive):
        move(lab, thread)
        path = str(lab.read(thread).rollout_path)
        differences = changed(lab.read(thread), _by_path(lab, path))
        assert differences == {}, f"after {move.__name__} the read by {path} differs in {differences}"


@clause("READ-4b")
def test_a_path_of_nothing_is_refused(lab: Lab) -> None:
    """Ensure what does not exist is refused by the field's name, and no file is made of it."""
    thread = lab.create()
    path = lab.home / str(lab.read(thread).rollout_path)
    for missing in (
        path.with_name("rollout-none.jsonl"), path.parent / "no folder" / path.name, path / "below a file",
        Path(f"{path}x"), Path(path.name), Path("x" * 5_000), path.parent / ("x" * 300), Path("a\0b"),
    ):  # fmt: skip
        _assert_refused(lab, str(missing))
        assert "\0" in str(missing) or len(missing.name) > 255 or not missing.exists(), f"a read made {missing}"
    _assert_refused(lab, "")
    gone = lab.read(thread).rollout_path
    delete(lab, thread)
    _assert_refused(lab, str(gone))


@clause("READ-4b")
def test_a_path_of_no_regular_file_is_refused(lab: Lab) -> None:
    """Ensure folders and devices are refused, in the home and elsewhere."""
    path = lab.home / str(lab.read(lab.create()).rollout_path)
    for folder in (path.parent, lab.home, Path("."), Path("/"), Path("/dev/null"), Path("/dev/zero")):
        _assert_refused(lab, str(folder))
    (path.parent / "rollout-folder.jsonl").mkdir()
    _assert_refused(lab, str(path.parent / "rollout-folder.jsonl"))


@clause("READ-4b")
def test_a_path_that_leads_outside_is_refused(lab: Lab) -> None:
    """Ensure a good rollout is not read outside the home's folders for threads, whatever the path looks like."""
    thread = lab.create()
    lab.append(thread, user_message("said"))
    lab.close(thread)
    path = lab.home / str(lab.read(thread).rollout_path)
    with _outside(lab) as outside:
        copies = [outside / path.name, lab.home / path.name, lab.home / f"{_top(lab, path).name}-evil" / path.name]
        for copy in copies:
            copy.parent.mkdir(exist_ok=True)
            shutil.copy(path, copy)
            _assert_refused(lab, str(copy))
        up = "../" * len(path.parent.relative_to(lab.home).parts)
        _assert_refused(lab, str(path.parent / up / ".." / outside.name / path.name))
        _assert_refused(lab, str(path.parent / up / path.name))
        _assert_refused(lab, f"../{outside.name}/{path.name}")
        # A way round that ends inside is as good as any.
        assert _by_path(lab, str(path.parent / ".." / path.parent.name / path.name)).thread_id == thread


@clause("READ-4b")
def test_a_link_that_leads_outside_is_refused(lab: Lab) -> None:
    """Ensure links are followed before a path is judged: a file's, a folder's, a device's, and one to itself."""
    thread = lab.create()
    lab.append(thread, user_message("said"))
    lab.close(thread)
    path = lab.home / str(lab.read(thread).rollout_path)
    with _outside(lab) as outside:
        shutil.copy(path, outside / path.name)
        links = {
            path.with_name("rollout-link.jsonl"): outside / path.name,
            path.with_name("rollout-null.jsonl"): Path("/dev/null"),
            path.with_name("rollout-loop.jsonl"): path.with_name("rollout-loop.jsonl"),
            path.with_name("rollout-dangling.jsonl"): outside / "nothing.jsonl",
            path.parent / "linked": outside,
        }
        for link, target in links.items():
            link.symlink_to(target)
            _assert_refused(lab, str(link / path.name if link.name == "linked" else link))
        assert not (outside / "nothing.jsonl").exists(), "a read made a file outside the home"


@contextmanager
def _outside(lab: Lab) -> Iterator[Path]:
    """Make a folder beside the home."""
    with tempfile.TemporaryDirectory(prefix="threadstore-outside-", dir=lab.home.parent) as folder:
        yield Path(folder)


def _top(lab: Lab, path: Path) -> Path:
    return lab.home / path.relative_to(lab.home).parts[0]


def _spellings(lab: Lab, thread: ThreadId) -> list[str]:
    """Return a thread's path as a read gave it, absolute, and relative to the home."""
    given = str(lab.read(thread).rollout_path)
    whole = lab.home / given
    return [given, str(whole), str(whole.relative_to(lab.home))]


def _by_path(lab: Lab, path: str, *, history: bool = False) -> StoredThread:
    params = ReadThreadByRolloutPathParams(rollout_path=path, include_archived=True, include_history=history)
    return lab.store.read_thread_by_rollout_path(params)


def _assert_alike(lab: Lab, thread: ThreadId, path: str, place: str, archived: bool, history: bool) -> None:
    flags = {"include_archived": archived, "include_history": history}
    what = f"path {path}, {flags}, {place} thread"
    try:
        expected = lab.store.read_thread(ReadThreadParams(thread_id=thread, **flags))
    except ThreadStoreError as error:
        lab.refused(ReadThreadByRolloutPathParams(rollout_path=path, **flags), (error.kind,))
        return
    actual = lab.store.read_thread_by_rollout_path(ReadThreadByRolloutPathParams(rollout_path=path, **flags))
    differences = changed(expected, actual)
    assert differences == {}, f"reads by id and by path differ in {differences} ({what})"


def _assert_refused(lab: Lab, path: str) -> None:
    for history in (False, True):
        params = ReadThreadByRolloutPathParams(rollout_path=path, include_archived=True, include_history=history)
        error = lab.refused(params, INVALID)
        assert_names(error, "rollout_path")
