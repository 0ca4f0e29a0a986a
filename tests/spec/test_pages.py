"""The pages beside the clauses: each table in them equals the code that it describes."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import attrs
import pytest

from spec.tables import page, rows, sections
from threadstore import codec, policy
from threadstore.errors import ERROR_TYPES, ErrorKind
from threadstore.items import ItemType
from threadstore.manager import MANAGER_METHODS
from threadstore.params import DefaultHistoryModeParams
from threadstore.patch import ThreadMetadataPatch
from threadstore.registration import Capabilities, SessionCapabilities
from threadstore.store import METHODS
from threadstore_conformance.ports import MANAGER, STORE
from threadstore_conformance.spec_text import load_clauses


@pytest.mark.parametrize(
    ("heading", "flags"), [("Of a store", Capabilities()), ("Of a session layer", SessionCapabilities())]
)
def test_capabilities_equal_the_code(heading: str, flags: Capabilities | SessionCapabilities) -> None:
    """Ensure the page lists every flag with its kind, default and meaning."""
    described = [[f"`{name}`", kind, f"`{value}`", doc] for name, kind, value, doc in flags.describe()]
    assert rows(sections(page("capabilities.md"), 2)[heading]) == described


def test_clauses_that_capabilities_name_exist() -> None:
    """Ensure the meaning of no flag points at a clause that is not there."""
    meanings = [meaning for flags in (Capabilities(), SessionCapabilities()) for *_, meaning in flags.describe()]
    assert set(re.findall(r"[A-Z]+-\d+[a-z]?", " ".join(meanings))) <= load_clauses().keys()


def test_the_policy_page_equals_the_code() -> None:
    """Ensure every kind of item is on the page once, as the policy has it."""
    on_page = {
        (kind.strip("`"), inner.strip("`")): verdict for kind, inner, verdict in rows(page("persistence_policy.md"))
    }
    assert len(on_page) == len(rows(page("persistence_policy.md")))
    expected = {(kind, "any"): "keep" for kind in policy.KEPT_TYPES}
    for kind, kept, dropped in (
        ("response_item", policy.KEPT_RESPONSE_ITEMS, policy.DROPPED_RESPONSE_ITEMS),
        ("event_msg", policy.KEPT_EVENTS, policy.DROPPED_EVENTS),
    ):
        expected |= {(kind, inner): "keep" for inner in kept} | {(kind, inner): "drop" for inner in dropped}
    completed = ("event_msg", "item_completed")
    assert {key: on_page[key] for key in on_page if key != completed} == {
        key: expected[key] for key in expected if key != completed
    }
    assert on_page[completed] == "keep when `payload.item.type` is `Plan` or `Sleep`, else drop"
    assert set(re.findall(r"`([A-Z]\w+)`", on_page[completed])) == policy.KEPT_COMPLETED_ITEMS


def test_what_the_policy_page_says_is_what_the_policy_does() -> None:
    """Ensure the policy decides each row of the page as the row says."""
    for kind, inner, verdict in rows(page("persistence_policy.md")):
        payload = {} if inner == "any" else {"type": inner.strip("`")}
        expected = policy.Disposition.KEEP if verdict == "keep" else policy.Disposition.DROP
        assert policy.disposition(kind.strip("`"), payload) is expected, (kind, inner)


def test_the_patch_table_equals_the_code() -> None:
    """Ensure PATCH-1 lists every field of a patch, in order, and which ones can be cleared."""
    table = [[name, clearable] for name, _, clearable in rows(load_clauses()["PATCH-1"].text)]
    fields = [
        [f"`{a.name}`", "yes" if a.metadata.get("clearable") else "no"] for a in attrs.fields(ThreadMetadataPatch)
    ]
    assert table == fields


def test_the_error_tables_equal_the_code() -> None:
    """Ensure READ-3 names every category, and the page on JSON the members of each."""
    classes = list(ERROR_TYPES.values())
    named = [category for category, _, _ in rows(load_clauses()["READ-3"].text)]
    assert named == [f"`{cls.__name__}`" for cls in classes]
    table = rows(sections(page("trace_and_json.md"), 2)["An error"])
    members = {kind: set(re.findall(r"`(\w+)`", text)) for kind, text in table}
    assert members == {f"`{cls.kind.value}`": {a.name for a in attrs.fields(cls)} for cls in classes}
    assert len(ErrorKind) == len(classes)


def test_the_table_of_results_names_every_operation_once() -> None:
    """Ensure each operation of either port has one row, two where its results differ, and each schema there exists."""
    table = rows(sections(page("trace_and_json.md"), 2)["A result"])
    named = [name for row in table for name in re.findall(r"[a-z]+_[a-z_]+", row[0])]
    store, manager = set(METHODS.values()), set(MANAGER_METHODS.values())
    assert sorted(named) == sorted([*store, *(manager - store), "resume_thread"])
    for row in table:
        for name in re.findall(r"`(\w+)`", row[2]):
            assert (files("threadstore_spec") / "schemas" / f"{name}.schema.json").is_file()


def test_the_examples_of_json_are_what_the_codec_writes() -> None:
    """Ensure each example on the page is read by the codec and written the same again."""
    examples = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", page("trace_and_json.md"), re.DOTALL)]
    for example in examples:
        if "kind" in example:
            assert codec.error_to_json(codec.error_from_json(example)) == example
        else:
            port = MANAGER if example["operation"] == "restart" else STORE
            assert json.loads(json.dumps(port.to_json(port.from_json(example)))) == example
    assert len(examples) == 5
    assert codec.operation_to_json(DefaultHistoryModeParams()) == {"operation": "default_history_mode", "params": {}}


def test_the_rollout_page_names_every_type_of_line() -> None:
    """Ensure the table of types is complete, and its examples are lines of JSON."""
    text = page("rollout_format.md")
    named = {name for row in rows(text) for name in re.findall(r"`(\w+)`", row[0])}
    assert {kind.value for kind in ItemType} <= named
    lines = [json.loads(line) for line in re.findall(r"```json\n(.*)\n```", text)]
    assert [sorted(line) for line in lines] == [["payload", "timestamp", "type"], ["id", "thread_name", "updated_at"]]
