"""Params, results and errors as JSON, and back: what traces, certificates and wires carry.

A field that has its default is left out. In a patch an omitted field is a missing member and a cleared one a null;
null on a field that cannot be cleared reads as omitted (PATCH-1). Values are passed as they are, right or wrong,
so that a trace can carry what a store must refuse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args, get_origin

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from . import thread
from .errors import ERROR_TYPES, ErrorKind, MetadataUpdateFailed, ThreadStoreError
from .fields import UNSET
from .items import RolloutItem
from .jsonvalue import JSON
from .manager import MANAGER_METHODS
from .manager_params import ManagerOperation
from .params import Operation
from .patch import GitInfoPatch, ThreadMetadataPatch
from .store import METHODS

_OPERATIONS = {method: cls for cls, method in METHODS.items()}
_MANAGER_OPERATIONS = {method: cls for cls, method in MANAGER_METHODS.items()}
_ERRORS = {kind.value: cls for kind, cls in ERROR_TYPES.items()}


def to_json(value: Any) -> JSON:
    """Return a params object or a result as JSON."""
    return _CONVERTER.unstructure(value)


def from_json(value: JSON, cls: Any) -> Any:
    """Read a params object or a result; raise `ValueError` that says which member is wrong."""
    try:
        return _CONVERTER.structure(value, cls)
    except (cattrs.BaseValidationError, TypeError, KeyError, AttributeError, ValueError) as error:
        detail = cattrs.transform_error(error) if isinstance(error, Exception) else [str(error)]
        raise ValueError(f"not a {getattr(cls, '__name__', cls)}: {'; '.join(detail)}") from error


def operation_to_json(operation: Operation) -> JSON:
    """Return ``{"operation": method, "params": {…}}``."""
    return {"operation": METHODS[type(operation)], "params": to_json(operation)}


def operation_from_json(value: JSON) -> Operation:
    """Read what `operation_to_json` wrote."""
    operation: Operation = _operation_from_json(value, _OPERATIONS, "ThreadStore")
    return operation


def manager_operation_to_json(operation: ManagerOperation) -> JSON:
    """Return ``{"operation": method, "params": {…}}`` for an operation of the second port."""
    return {"operation": MANAGER_METHODS[type(operation)], "params": to_json(operation)}


def manager_operation_from_json(value: JSON) -> ManagerOperation:
    """Read what `manager_operation_to_json` wrote."""
    operation: ManagerOperation = _operation_from_json(value, _MANAGER_OPERATIONS, "ThreadManager")
    return operation


def _operation_from_json(value: JSON, operations: Mapping[str, type], port: str) -> Any:
    name = value.get("operation") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in operations:
        raise ValueError(f"no {port} operation is called {name!r}; there are {', '.join(operations)}")
    return from_json(value.get("params", {}), operations[name])


def error_to_json(error: ThreadStoreError) -> JSON:
    """Return ``{"kind": …}`` with the error's data beside it; of a manager's failed update, the cause's."""
    if isinstance(error, MetadataUpdateFailed):
        return {**error_to_json(error.cause), "history_accepted": error.history_accepted}
    data = {k: v for k, v in attrs.asdict(error).items() if v is not None}  # type: ignore[arg-type]
    return {"kind": error.kind.value, **data}


def error_from_json(value: JSON) -> ThreadStoreError:
    """Read what `error_to_json` wrote."""
    try:
        data = dict(value)
        if "history_accepted" in data:
            accepted = data.pop("history_accepted")
            return MetadataUpdateFailed(error_from_json(data), accepted)
        return _ERRORS[data.pop("kind")](**data)
    except (TypeError, KeyError, ValueError) as error:
        kinds = ", ".join(kind.value for kind in ErrorKind)
        raise ValueError(f"not an error of a ThreadStore (kinds: {kinds}): {value!r}") from error


def _as_it_is(value: Any, _: Any) -> Any:
    return value


def _patch_to_json(patch: Any) -> JSON:
    fields = ((a.name, getattr(patch, a.name)) for a in attrs.fields(type(patch)))
    return {name: to_json(value) for name, value in fields if value is not UNSET}


def _patch_from_json(value: JSON, cls: Any) -> Any:
    _require_object(value)
    known: dict[str, Any] = {}
    for attribute in attrs.fields(cls):
        if attribute.name not in value:
            continue
        member = value[attribute.name]
        if member is None and not attribute.metadata.get("clearable"):
            continue
        nested = {"git_info": GitInfoPatch, "token_usage": thread.TokenUsage}.get(attribute.name)
        known[attribute.name] = _CONVERTER.structure(member, nested) if nested else member
    return cls(**known)


def _require_object(value: JSON) -> None:
    if not isinstance(value, dict):
        raise TypeError(f"a JSON object is needed, not {type(value).__name__}")


def _is_literal(cls: Any) -> bool:
    origin: Any = get_origin(cls)
    return origin is Literal


def _is_list(cls: Any) -> bool:
    return get_origin(cls) in (Sequence, tuple)


def _list_from_json(value: JSON, cls: Any) -> Any:
    if not isinstance(value, list):
        return value  # wrong, and for the store to refuse
    return tuple(_CONVERTER.structure(element, get_args(cls)[0]) for element in value)


def _make_converter() -> cattrs.Converter:
    converter = cattrs.Converter(omit_if_default=True)

    def from_object(cls: Any) -> Any:
        structure = make_dict_structure_fn(cls, converter)

        def read(value: JSON, _: Any) -> Any:
            _require_object(value)  # of a list or a text every member would count as left out
            return structure(value, cls)

        return read

    converter.register_structure_hook_factory(attrs.has, from_object)
    converter.register_structure_hook_func(_is_literal, _as_it_is)
    for plain in (str, int, bool):
        converter.register_structure_hook(plain, _as_it_is)
    converter.register_structure_hook_func(_is_list, _list_from_json)
    for patch in (ThreadMetadataPatch, GitInfoPatch):
        converter.register_unstructure_hook(patch, _patch_to_json)
        converter.register_structure_hook(patch, _patch_from_json)
    converter.register_unstructure_hook(RolloutItem, lambda item: {"type": item.type, "payload": item.payload})
    converter.register_structure_hook(RolloutItem, lambda value, _: RolloutItem(value["type"], value["payload"]))
    # A listing's end is worth a look in a trace: next_cursor is written when absent too.
    for page in (thread.ThreadPage, thread.ThreadSearchPage):
        converter.register_unstructure_hook(
            page, make_dict_unstructure_fn(page, converter, _cattrs_omit_if_default=False)
        )
    return converter


_CONVERTER = _make_converter()
