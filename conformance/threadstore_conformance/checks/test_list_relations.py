"""Directed checks of LIST-6: children and descendants."""

from __future__ import annotations

from typing import Any

from threadstore import ArchiveThreadParams, DeleteThreadParams, ThreadId, ThreadRelationFilter
from threadstore_conformance.checks.listing import LATER, environment, listable, placed, query, shown
from threadstore_conformance.lab import Lab, clause


@clause("LIST-6")
def test_children_and_descendants(lab: Lab) -> None:
    """Ensure children are the direct ones, descendants all generations, and neither the thread itself."""
    root, child, other, grandchild, great, stranger = _family(lab)
    assert _sorted(child, other) == _children(lab, root)
    assert _sorted(grandchild) == _children(lab, child)
    assert _children(lab, great) == []
    assert _sorted(child, other, grandchild, great) == _descendants(lab, root)
    assert _sorted(grandchild, great) == _descendants(lab, child)
    assert _descendants(lab, stranger) == []


@clause("LIST-6")
def test_a_long_line_of_descendants_is_followed_to_its_end(lab: Lab) -> None:
    """Ensure the fortieth generation is a descendant too."""
    line = [listable(lab)]
    for _ in range(40):
        line.append(listable(lab, parent_thread_id=line[-1]))
    assert _sorted(*line[1:]) == _descendants(lab, line[0])


@clause("LIST-6")
def test_the_parent_may_stand_in_the_source(lab: Lab) -> None:
    """Ensure a thread_spawn source names the parent, unless the thread names one itself."""
    root, other = listable(lab), listable(lab)
    spawned = listable(lab, source=_spawned_by(root))
    moved = listable(lab, source=_spawned_by(root), parent_thread_id=other)
    assert [spawned] == _children(lab, root)
    assert [moved] == _children(lab, other)
    assert [root, other] == [lab.read(thread).parent_thread_id for thread in (spawned, moved)], "parent_thread_id"


@clause("LIST-6")
def test_no_patch_moves_a_thread_to_another_parent(lab: Lab) -> None:
    """Ensure a patched source changes neither who a thread's parent is nor who its descendants are."""
    root, other = listable(lab), listable(lab)
    spawned, bare = listable(lab, source=_spawned_by(root)), listable(lab)
    for thread in (spawned, bare):
        lab.patch(thread, source=_spawned_by(other))
    assert [spawned] == _children(lab, root)
    assert _children(lab, other) == []
    lab.patch(spawned, source="cli")
    assert [spawned] == _descendants(lab, root)


@clause("LIST-6")
def test_a_parent_need_not_exist(lab: Lab) -> None:
    """Ensure an unknown thread has the children that name it, and their descendants, or an empty page."""
    unknown, nobody = lab.new_id(), lab.new_id()
    child = listable(lab, parent_thread_id=unknown)
    grandchild = listable(lab, parent_thread_id=child)
    assert [child] == _children(lab, unknown)
    assert _sorted(child, grandchild) == _descendants(lab, unknown)
    assert [] == _children(lab, nobody) == _descendants(lab, nobody)


@clause("LIST-6")
def test_a_parent_may_come_after_its_children(lab: Lab) -> None:
    """Ensure a thread created later with the id that others name is their parent."""
    later = lab.new_id()
    child = listable(lab, parent_thread_id=later)
    root = listable(lab)
    listable(lab, later, parent_thread_id=root)
    assert _sorted(later, child) == _descendants(lab, root)


@clause("LIST-6")
def test_cycles_end(lab: Lab) -> None:
    """Ensure threads that are each other's ancestors, or their own, are listed once, and never under themselves."""
    a, b, c, own = (lab.new_id() for _ in range(4))
    for thread, parent in ((a, c), (b, a), (c, b), (own, own)):
        listable(lab, thread, parent_thread_id=parent)
    leaf = listable(lab, parent_thread_id=b)
    assert _sorted(b, c, leaf) == _descendants(lab, a)
    assert [b] == _children(lab, a)
    assert [] == _children(lab, own) == _descendants(lab, own)


@clause("LIST-6")
def test_archiving_the_middle_keeps_the_leaves(lab: Lab) -> None:
    """Ensure descendants are followed through archived threads, and each side shows its own."""
    root, child, other, grandchild, great, _ = _family(lab)
    for thread in (child, great):
        lab.store.archive_thread(ArchiveThreadParams(thread_id=thread))
    assert _sorted(other, grandchild) == _descendants(lab, root)
    assert _sorted(child, great) == _descendants(lab, root, archived=True)
    assert ([other], [child]) == (_children(lab, root), _children(lab, root, archived=True))
    lab.store.archive_thread(ArchiveThreadParams(thread_id=root))
    assert _sorted(other, grandchild) == _descendants(lab, root), "the thread named is itself archived"


@clause("LIST-6")
def test_filters_select_results_only(lab: Lab) -> None:
    """Ensure descendants are followed through threads that the other filters do not show."""
    root = listable(lab)
    middle = listable(lab, source="exec", parent_thread_id=root, metadata=environment(cwd="/m", model_provider="m"))
    leaf = listable(lab, source="cli", parent_thread_id=middle, metadata=environment(cwd="/l", model_provider="l"))
    lab.patch(middle, preview="middle")
    lab.patch(leaf, preview="leaf")
    for filters in (
        {"allowed_sources": ("cli",)},
        {"model_providers": ("l",)},
        {"cwd_filters": ("/l",)},
        {"search_term": "leaf"},
    ):
        assert [leaf] == _descendants(lab, root, **filters), f"{filters}"
        assert _children(lab, root, **filters) == [], f"{filters}"
    assert _descendants(lab, root, cwd_filters=()) == []


@clause("LIST-6")
def test_a_deleted_thread_breaks_the_chain(lab: Lab) -> None:
    """Ensure what stands below a deleted thread is a descendant of it, and of nothing above it."""
    root, child, other, grandchild, great, _ = _family(lab)
    lab.store.delete_thread(DeleteThreadParams(thread_id=child))
    assert [other] == _descendants(lab, root) == _children(lab, root)
    assert _sorted(grandchild, great) == _descendants(lab, child)


@clause("LIST-6")
def test_threads_without_a_preview_do_not_break_the_chain(lab: Lab) -> None:
    """Ensure descendants are followed through threads that a store may leave out of its listings."""
    root = listable(lab)
    middle = lab.create(parent_thread_id=root)
    leaf = listable(lab, parent_thread_id=middle)
    assert leaf in _descendants(lab, root)


@clause("LIST-6")
def test_a_hidden_thread_breaks_the_chain_until_it_shows(lab: Lab) -> None:
    """Ensure descendants are followed through visible threads alone, and through one as soon as it is visible."""
    root = listable(lab)
    middle = lab.create(visible=False, parent_thread_id=root)
    leaf = listable(lab, parent_thread_id=middle)
    if lab.capabilities.lazy:
        assert _descendants(lab, root) == [], "descendants were followed through a hidden thread"
    lab.patch(middle, preview="listed")
    assert _sorted(middle, leaf) == _descendants(lab, root), "the thread between is visible"


@clause("LIST-6")
def test_relations_can_be_walked(lab: Lab) -> None:
    """Ensure a walk over descendants with equal times visits each once, in order, whatever the page size."""
    root = listable(lab)
    line = [root]
    for _ in range(6):
        line.append(placed(lab, LATER, parent_thread_id=line[len(line) // 2]))
        placed(lab, LATER)
    relation = ThreadRelationFilter(kind="descendants_of", thread_id=root)
    for size in (1, 2, 6):
        pages = lab.pages(query(lab, relation_filter=relation, page_size=size, sort_direction="asc"))
        assert _sorted(*line[1:]) == [thread for part in pages for thread in part], f"pages of {size}"


def _family(lab: Lab) -> tuple[ThreadId, ...]:
    root = listable(lab)
    child, other = (listable(lab, parent_thread_id=root) for _ in range(2))
    grandchild = listable(lab, parent_thread_id=child)
    great = listable(lab, parent_thread_id=grandchild)
    return root, child, other, grandchild, great, listable(lab, forked_from_id=root)


def _spawned_by(parent: ThreadId) -> dict[str, Any]:
    return {"subagent": {"thread_spawn": {"parent_thread_id": parent, "depth": 1}}}


def _sorted(*threads: ThreadId) -> list[ThreadId]:
    return sorted(threads)


def _children(lab: Lab, thread: ThreadId, **filters: Any) -> list[ThreadId]:
    relation = ThreadRelationFilter(kind="direct_children_of", thread_id=thread)
    return sorted(shown(lab, relation_filter=relation, **filters))


def _descendants(lab: Lab, thread: ThreadId, **filters: Any) -> list[ThreadId]:
    relation = ThreadRelationFilter(kind="descendants_of", thread_id=thread)
    return sorted(shown(lab, relation_filter=relation, **filters))
