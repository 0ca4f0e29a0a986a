"""Directed checks of LIST-5 and LIST-5a to LIST-5d: which threads pass the filters."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

from threadstore import ArchiveThreadParams, ThreadId, UnarchiveThreadParams
from threadstore_conformance.checks.listing import environment, listable, page, shown
from threadstore_conformance.lab import Lab, clause


@clause("LIST-5")
def test_filters_combine_by_and(lab: Lab) -> None:
    """Ensure any company of filters shows exactly the threads that pass every one of them."""
    threads: dict[tuple[str, ...], ThreadId] = {}
    for key in product(*(choices for choices, _ in _FILTERS)):
        source, provider, cwd, preview, side = key
        threads[key] = listable(lab, source=source, metadata=environment(cwd=cwd, model_provider=provider))
        lab.patch(threads[key], preview=preview)
        if side == "archived":
            lab.store.archive_thread(ArchiveThreadParams(thread_id=threads[key]))
    for number in range(1, len(_FILTERS) + 1):
        for places in combinations(range(len(_FILTERS)), number):
            parameters = {name: value for place in places for name, value in _FILTERS[place][1].items()}
            side = "archived" if len(_FILTERS) - 1 in places else "active"
            wanted = {place: _FILTERS[place][0][0] for place in places} | {len(_FILTERS) - 1: side}
            expected = [t for key, t in threads.items() if all(key[place] == want for place, want in wanted.items())]
            assert sorted(expected) == sorted(shown(lab, **parameters)), f"{parameters}"


@clause("LIST-5")
def test_the_side_is_a_filter(lab: Lab) -> None:
    """Ensure archived chooses one side and never shows the other, and follows a thread that changes sides."""
    active, archived = listable(lab), listable(lab)
    lab.store.archive_thread(ArchiveThreadParams(thread_id=archived))
    assert [active] == shown(lab, archived=False)
    assert [archived] == shown(lab, archived=True)
    lab.store.unarchive_thread(UnarchiveThreadParams(thread_id=archived))
    assert sorted([active, archived]) == sorted(shown(lab, archived=False)), "unarchived"
    assert shown(lab, archived=True) == [], "unarchived"


@clause("LIST-5")
def test_filters_look_at_the_metadata_as_patched(lab: Lab) -> None:
    """Ensure a filter finds a thread by what a patch made of it, and no longer by what it was."""
    thread = listable(lab, source="cli", metadata=environment(cwd="/before", model_provider="before"))
    lab.patch(thread, name="before the patch", preview="listed")
    for before, after, patch in (
        ({"allowed_sources": ("cli",)}, {"allowed_sources": ({"custom": "x"},)}, {"source": {"custom": "x"}}),
        ({"model_providers": ("before",)}, {"model_providers": ("after",)}, {"model_provider": "after"}),
        ({"cwd_filters": ("/before",)}, {"cwd_filters": ("/after",)}, {"cwd": "/after"}),
        ({"search_term": "before"}, {"search_term": "after"}, {"name": "after the patch"}),
        ({"search_term": "listed"}, {"search_term": "shown"}, {"preview": "shown"}),
    ):
        assert ([thread], []) == (shown(lab, **before), shown(lab, **after)), f"{before} and {after} before {patch}"
        lab.patch(thread, **patch)
        assert ([], [thread]) == (shown(lab, **before), shown(lab, **after)), f"{before} and {after} after {patch}"


@clause("LIST-5a")
def test_a_source_is_one_json_value(lab: Lab) -> None:
    """Ensure a source is found by the same JSON value alone, texts and objects alike."""
    threads = [(source, listable(lab, source=source)) for source in _SOURCES]
    for source, thread in threads:
        assert [thread] == shown(lab, allowed_sources=(source,)), f"allowed_sources ({source!r},)"
    for stranger in _NO_SOURCES:
        assert shown(lab, allowed_sources=(stranger,)) == [], f"allowed_sources ({stranger!r},)"


@clause("LIST-5a")
def test_a_source_is_compared_by_meaning(lab: Lab) -> None:
    """Ensure the order of an object's members and the way a number is written mean nothing."""
    thread = listable(lab, source={"subagent": {"thread_spawn": {"depth": 1, "note": "n"}}, "custom": None})
    wanted = {"custom": None, "subagent": {"thread_spawn": {"note": "n", "depth": 1.0}}}
    assert [thread] == shown(lab, allowed_sources=(wanted,))


@clause("LIST-5a")
def test_several_sources_and_none(lab: Lab) -> None:
    """Ensure several sources show the threads of each, and an empty list shows all."""
    cli, spawned, exec_ = (listable(lab, source=source) for source in ("cli", {"subagent": "review"}, "exec"))
    assert sorted([cli, spawned]) == sorted(shown(lab, allowed_sources=("cli", {"subagent": "review"}, "nobody")))
    assert sorted([cli, spawned, exec_]) == sorted(shown(lab, allowed_sources=()))


@clause("LIST-5b")
def test_a_provider_is_exact(lab: Lab) -> None:
    """Ensure a provider is found by its exact text alone."""
    threads = {provider: listable(lab, metadata=environment(model_provider=provider)) for provider in _PROVIDERS}
    for provider, thread in threads.items():
        assert [thread] == shown(lab, model_providers=(provider,)), f"model_providers ({provider!r},)"
    assert shown(lab, model_providers=("ope", "%", "nobody")) == [], "providers of no thread"
    some = _PROVIDERS[1:4]
    assert sorted(threads[provider] for provider in some) == sorted(shown(lab, model_providers=some))


@clause("LIST-5b")
def test_an_empty_list_of_providers_is_all(lab: Lab) -> None:
    """Ensure an empty list of providers shows the threads of every provider."""
    threads = [listable(lab, metadata=environment(model_provider=provider)) for provider in _PROVIDERS]
    assert sorted(threads) == sorted(shown(lab, model_providers=()))


@clause("LIST-5b")
def test_omitted_providers_are_all_or_the_declared_one(lab: Lab) -> None:
    """Ensure omitted providers show all threads, or those of the one provider that the store declares."""
    default = lab.capabilities.default_provider
    providers = {*_PROVIDERS, default or "provider-a"}
    threads = {provider: listable(lab, metadata=environment(model_provider=provider)) for provider in providers}
    expected = sorted(threads.values()) if default is None else [threads[default]]
    assert expected == sorted(shown(lab, model_providers=None)), f"default_provider is declared {default!r}"


@clause("LIST-5c")
def test_an_empty_list_of_directories_is_none(lab: Lab) -> None:
    """Ensure an empty list of working directories shows nothing, on either side, and leads nowhere."""
    listable(lab)
    lab.store.archive_thread(ArchiveThreadParams(thread_id=listable(lab)))
    for archived, size in product((False, True), (1, 50)):
        empty = page(lab, archived=archived, cwd_filters=(), page_size=size)
        assert (empty.items, empty.next_cursor) == ((), None), f"cwd_filters (), archived={archived}"


@clause("LIST-5c")
def test_a_directory_is_exact(lab: Lab) -> None:
    """Ensure a working directory is found by its exact text alone: no prefix, no case, no normalisation."""
    threads = {cwd: listable(lab, metadata=environment(cwd=cwd)) for cwd in _DIRECTORIES}
    for cwd, thread in threads.items():
        assert [thread] == shown(lab, cwd_filters=(cwd,)), f"cwd_filters ({cwd!r},)"
    assert shown(lab, cwd_filters=("/wor", "work", "/%", "*", "nowhere")) == [], "directories of no thread"
    some = _DIRECTORIES[1:4]
    assert sorted(threads[cwd] for cwd in some) == sorted(shown(lab, cwd_filters=some))


@clause("LIST-5c")
def test_omitted_directories_are_all(lab: Lab) -> None:
    """Ensure omitted working directories show every thread, those without one among them."""
    threads = [listable(lab, metadata=environment(cwd=cwd)) for cwd in ("/src/a", "/src/b")]
    bare = [] if lab.capabilities.requires_cwd else [listable(lab, metadata=environment(cwd=None))]
    assert sorted(threads + bare) == sorted(shown(lab, cwd_filters=None))
    assert shown(lab, cwd_filters=("", "None", "null", "/")) == [], "a thread without a directory passes no filter"


@clause("LIST-5d")
def test_a_term_is_part_of_the_name_or_the_preview(lab: Lab) -> None:
    """Ensure a term finds threads by any part of the name or of the preview, each by itself, and by nothing else."""
    named, previewed, other = (listable(lab) for _ in range(3))
    lab.patch(named, name="Release notes", preview="quiet one")
    lab.patch(previewed, preview="first line\nFix the release tests")
    lab.patch(other, name="abc", preview="def", title="Release", first_user_message="release", cwd="/release")
    for term, expected in (
        ("Release notes", [named]),
        ("e n", [named]),
        ("R", [named]),
        ("line\nFix", [previewed]),
        ("the ", [previewed]),
        ("s", [named, previewed]),
        ("cd", []),
        ("abcdef", []),
        ("Release  notes", []),
        (" Release notes", []),
        ("project", []),
    ):
        if lab.capabilities.search_ignores_case and term == "R":
            expected = [named, previewed]
        assert sorted(expected) == sorted(shown(lab, search_term=term)), f"search_term {term!r}"


@clause("LIST-5d")
def test_a_term_is_literal(lab: Lab) -> None:
    """Ensure wildcards, patterns, quotes and white space in a term stand for themselves."""
    plain = listable(lab)
    lab.patch(plain, name="plain", preview="preview")
    threads = {}
    for term in _ODD_TERMS:
        threads[term] = listable(lab)
        lab.patch(threads[term], name=f"a{term}b" if len(threads) % 2 else None, preview=f"a{term}b")
    for term, thread in threads.items():
        assert [thread] == shown(lab, search_term=f"a{term}b"), f"search_term {f'a{term}b'!r}"
        assert plain not in shown(lab, search_term=term), f"search_term {term!r} found 'plain'"


@clause("LIST-5d")
def test_a_term_minds_case_unless_declared(lab: Lab) -> None:
    """Ensure a term of another case finds nothing, or the same where search_ignores_case is declared."""
    thread = listable(lab)
    lab.patch(thread, name="Release", preview="Notes")
    ignores = lab.capabilities.search_ignores_case
    for term in ("release", "RELEASE", "notes", "nOTES"):
        assert ([thread] if ignores else []) == shown(lab, search_term=term), (
            f"search_term {term!r}; search_ignores_case is declared {ignores}"
        )
    for term in ("Release", "Notes"):
        assert [thread] == shown(lab, search_term=term), f"search_term {term!r}"


@clause("LIST-5d")
def test_no_term_is_no_filter(lab: Lab) -> None:
    """Ensure an empty or omitted term shows every thread, named or not."""
    named, unnamed = listable(lab), listable(lab)
    lab.patch(named, name="a name")
    for term in (None, ""):
        assert sorted([named, unnamed]) == sorted(shown(lab, search_term=term)), f"search_term {term!r}"


_FILTERS: tuple[tuple[tuple[str, str], dict[str, Any]], ...] = (
    (("exec", "cli"), {"allowed_sources": ("exec",)}),
    (("provider-b", "provider-a"), {"model_providers": ("provider-b",)}),
    (("/src/b", "/src/a"), {"cwd_filters": ("/src/b",)}),
    (("even", "odd"), {"search_term": "eve"}),
    (("archived", "active"), {"archived": True}),
)
_SOURCES: tuple[Any, ...] = (
    "cli",
    "CLI",
    "exec",
    "subagent",
    {"subagent": "review"},
    {"subagent": "compact"},
    {"subagent": {"other": "x"}},
    {"subagent": {"thread_spawn": {"parent_thread_id": "01900000-0000-7000-8000-0000000000aa", "depth": 1}}},
    {"subagent": {"thread_spawn": {"parent_thread_id": "01900000-0000-7000-8000-0000000000aa", "depth": 2}}},
    {"subagent": {"thread_spawn": {"parent_thread_id": "01900000-0000-7000-8000-0000000000aa", "depth": True}}},
    {"custom": "cli"},
    {"custom": None},
    {"custom": ""},
    {"custom": {}},
    {"custom": []},
)
_NO_SOURCES: tuple[Any, ...] = ("cl", "cli ", '{"custom":"cli"}', {"subagent": {}}, {"custom": "cli", "more": None}, {})
_PROVIDERS = ("openai", "OpenAI", "openai ", "open", "openai_", "mock", "öpenai", "o\u0308penai")
_DIRECTORIES = (
    "/src/a",
    "/src/A",
    "/src/a/",
    "/src/a/b",
    "/src",
    "/src/./a",
    "//src/a",
    "/src/a ",
    "/src/é",
    "/src/e\u0301",
    "C:\\work\\a",
    "/",
)
_ODD_TERMS = (
    "%",
    "_",
    "*",
    "?",
    ".",
    ".*",
    "[a-z]",
    "^",
    "$",
    "\\",
    "'",
    '"',
    "''",
    " ",
    "\t",
    "é",
    "e\u0301",
    "🧵",
    "(",
    "|",
)
