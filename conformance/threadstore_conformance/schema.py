"""JSON Schemas of operations, results and errors, made from the classes that carry them.

A field's type says nearly all; what its check adds is in `_BY_CHECK`. ``python -m threadstore_conformance.schema DIR``
writes one file a schema; the committed ones are in the package ``threadstore_spec``.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from threadstore import SPEC_VERSION, fields, session, thread
from threadstore.codec import to_json
from threadstore.errors import ERROR_TYPES
from threadstore.items import RolloutItem
from threadstore.manager import MANAGER_METHODS
from threadstore.patch import ThreadMetadataPatch
from threadstore.store import METHODS
from threadstore.views import SessionMeta

from .certificate import Certificate
from .process import RestartParams, WaitParams
from .profiles import Profile
from .values import default_of

_RESULTS: dict[str, type] = {
    "stored_thread": thread.StoredThread,
    "stored_thread_history": thread.StoredThreadHistory,
    "thread_page": thread.ThreadPage,
    "thread_search_page": thread.ThreadSearchPage,
    "turn_page": thread.TurnPage,
    "item_page": thread.ItemPage,
    "loaded_thread": session.LoadedThread,
    "loaded_threads": session.LoadedThreads,
    "outbound_request": session.OutboundRequest,
}

#: What the second port has beyond the first; a name may mean something else there.
_MANAGER_PREFIX = "manager_"
_MANAGER_OWN = {params: method for params, method in MANAGER_METHODS.items() if params not in METHODS}


def schemas() -> dict[str, dict[str, Any]]:
    """Return every schema by its name: the method's for an operation, with a prefix where only the manager has it."""
    out = {method: _ClassSchema(closed=True).root(params, method) for params, method in METHODS.items()}
    out |= {
        f"{_MANAGER_PREFIX}{method}": _ClassSchema(closed=True).root(params, f"{_MANAGER_PREFIX}{method}")
        for params, method in _MANAGER_OWN.items()
    }
    out |= {name: _ClassSchema(closed=False).root(result, name) for name, result in _RESULTS.items()}
    out["history_mode"] = _heading("history_mode", "HistoryMode", "What default_history_mode answers.") | {
        "enum": list(get_args(thread.HistoryMode))
    }
    out["rollout_item"] = _ClassSchema(closed=True).root(RolloutItem, "rollout_item")
    out["thread_metadata_patch"] = _ClassSchema(closed=True).root(ThreadMetadataPatch, "thread_metadata_patch")
    out["session_meta"] = _session_meta()
    out["operation"] = _operation("operation", "Operation", METHODS)
    out["manager_operation"] = _operation("manager_operation", "ManagerOperation", MANAGER_METHODS)
    out["restart"] = _ClassSchema(closed=True).root(RestartParams, "restart")
    out["wait"] = _ClassSchema(closed=True).root(WaitParams, "wait")
    out["error"] = _error()
    out["profile"] = _ClassSchema(closed=True).root(Profile, "profile")
    out["certificate"] = _ClassSchema(closed=False).root(Certificate, "certificate")
    return out


def write_schemas(directory: Path) -> list[Path]:
    """Write ``NAME.schema.json`` for every schema and return the paths."""
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = directory / f"{name}.schema.json"
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        written.append(path)
    return written


def _heading(name: str, title: str, description: str) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:threadstore:{SPEC_VERSION}:{name}",
        "title": title,
        "description": description,
    }


def _operation(name: str, title: str, methods: Mapping[type, str]) -> dict[str, Any]:
    made = _ClassSchema(closed=True)
    branches = [
        {
            "type": "object",
            "properties": {"operation": {"const": method}, "params": made.of_type(params)},
            "required": ["operation", "params"],
            "additionalProperties": False,
        }
        for params, method in methods.items()
    ]
    heading = _heading(name, title, "An operation: the method's name, and its params.")
    return heading | {"oneOf": branches, "$defs": made.definitions}


def _error() -> dict[str, Any]:
    made = _ClassSchema(closed=True)
    branches = []
    for cls in ERROR_TYPES.values():
        branch = made.of_class(cls)
        branch["properties"] = {"kind": {"const": cls.kind.value}} | branch["properties"] | _HISTORY_ACCEPTED
        branch["required"] = ["kind", *branch["required"]]
        branches.append(branch)
    return _heading("error", "ThreadStoreError", "An error: its kind, and that kind's data (READ-3).") | {
        "oneOf": branches
    }


_HISTORY_ACCEPTED = {
    "history_accepted": {
        "type": "boolean",
        "description": "Of a manager, when a thread's metadata was not updated: whether its history was (SYNC-4).",
    }
}


def _session_meta() -> dict[str, Any]:
    # In the payload the initial window id stands where the field's name does not say (LIFE-1).
    schema = _ClassSchema(closed=False).root(SessionMeta, "session_meta")
    window = schema["properties"].pop("initial_window_id")
    schema["properties"]["context_window"] = {"type": "object", "properties": {"window_id": window}}
    return schema


class _ClassSchema:
    """Makes schemas of attrs classes and keeps the definitions that they refer to.

    A closed one allows no member that it does not name: requests are closed, answers open.
    """

    def __init__(self, *, closed: bool) -> None:
        self.definitions: dict[str, Any] = {}
        self._closed = closed

    def root(self, cls: type, name: str) -> dict[str, Any]:
        """Return a schema that stands on its own."""
        schema = _heading(name, cls.__name__, "") | self.of_class(cls)
        return schema | ({"$defs": self.definitions} if self.definitions else {})

    def of_class(self, cls: type) -> dict[str, Any]:
        """Return the schema of an attrs class as an object."""
        attributes, hints, docs = attrs.fields(cls), _hints(cls), _docs(cls)
        properties: dict[str, Any] = {}
        for attribute in attributes:
            properties[attribute.name] = self._of_field(attribute, hints[attribute.name]) | docs.get(attribute.name, {})
        schema: dict[str, Any] = {
            "title": cls.__name__,
            "description": _prose(inspect.getdoc(cls) or ""),
            "type": "object",
            "properties": properties,
            "required": [a.name for a in attributes if a.default is attrs.NOTHING],
        }
        if self._closed or cls is RolloutItem:
            schema["additionalProperties"] = False
        return schema

    def of_type(self, hint: Any) -> dict[str, Any]:
        """Return the schema of a field's type."""
        origin, arguments = get_origin(hint), get_args(hint)
        if hint in _PLAIN:
            return dict(_PLAIN[hint])
        if attrs.has(hint):
            return self._reference(hint)
        if origin is Annotated:
            return dict(_BY_MEANING[arguments[1]])
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in (Union, types.UnionType):
            return self._of_union(arguments)
        if origin is dict:
            return {"type": "object"}
        if origin is Mapping:
            return {"type": "object", "additionalProperties": self.of_type(arguments[1])}
        if origin in (tuple, Sequence):
            return {"type": "array", "items": self.of_type(arguments[0])}
        raise TypeError(f"no JSON Schema is known for {hint}")

    def _of_field(self, attribute: attrs.Attribute[Any], hint: Any) -> dict[str, Any]:
        schema = self.of_type(hint)
        if attribute.metadata.get("check") in _BY_CHECK:
            schema = dict(_BY_CHECK[attribute.metadata["check"]])
        elif attribute.name == "source":
            schema = dict(_SOURCE)
        elif attribute.name == "allowed_sources":
            schema["items"] = _SOURCE
        return schema | _default(attribute)

    def _of_union(self, members: Sequence[Any]) -> dict[str, Any]:
        [kept] = [member for member in members if member not in (type(None), fields.Unset)]
        schema = self.of_type(kept)
        if type(None) not in members:
            return schema
        if "type" in schema:
            return schema | {"type": [schema["type"], "null"]}
        return {"anyOf": [schema, {"type": "null"}]}

    def _reference(self, cls: type) -> dict[str, Any]:
        if cls.__name__ not in self.definitions:
            self.definitions[cls.__name__] = {}
            self.definitions[cls.__name__] = self.of_class(cls)
        return {"$ref": f"#/$defs/{cls.__name__}"}


_INT64 = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
_SOURCE = {"type": ["string", "object"]}

_PLAIN: dict[Any, dict[str, Any]] = {
    Any: {},
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: _INT64,
    float: {"type": "number"},
}

#: What type aliases mean beyond the type that they stand for.
_ALIASES = {"ThreadId": Annotated[str, "thread_id"], "Timestamp": Annotated[int, "timestamp"]}
_BY_MEANING: dict[str, dict[str, Any]] = {
    # Some pattern engines let a line feed pass before the end; the length does not.
    "thread_id": {
        "type": "string",
        "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        "maxLength": 36,
    },
    "timestamp": {"type": "integer", "minimum": 0, "maximum": fields.MAX_TIMESTAMP},
}

#: What checks say that the type does not.
_BY_CHECK: dict[Any, dict[str, Any]] = {
    fields.page_size: _INT64 | {"minimum": 0},
    fields.count: _INT64 | {"minimum": 0},
    fields.json_object: {"type": "object"},
    fields.source: _SOURCE,
}


def _hints(cls: type) -> Mapping[str, Any]:
    return get_type_hints(cls, localns=_ALIASES, include_extras=True)


def _default(attribute: attrs.Attribute[Any]) -> dict[str, Any]:
    default = default_of(attribute)
    if default in (attrs.NOTHING, fields.UNSET):
        return {}
    value = to_json(default)
    return {"default": list(value) if isinstance(value, tuple) else value}


_FIELD_DOC = re.compile(r"((?:^ *#: .*\n)+) *(\w+):", re.MULTILINE)


def _docs(cls: type) -> dict[str, dict[str, str]]:
    """Return what the comments ``#:`` above a class's fields say, as descriptions."""
    comments = _FIELD_DOC.findall(inspect.getsource(cls))
    return {name: {"description": _prose(re.sub(r"^ *#: ", "", lines, flags=re.M))} for lines, name in comments}


def _prose(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("``", "`").replace("`None`", "null").strip()


def main() -> None:
    """Write the schemas into a folder."""
    parser = argparse.ArgumentParser(description="Write the JSON Schemas of operations, results and errors.")
    parser.add_argument("directory", type=Path, metavar="DIR", help="where to write them; made if it does not exist")
    directory = parser.parse_args().directory
    print(f"{len(write_schemas(directory))} schemas written to {directory}")


if __name__ == "__main__":
    main()
