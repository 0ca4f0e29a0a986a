"""The port itself: nineteen operations, each with its method, its params and its place in the model."""

from __future__ import annotations

import inspect
from typing import Any, get_args, get_type_hints

import attrs
import pytest

import threadstore
from threadstore import AsyncThreadStore, Capabilities, DefaultHistoryModeParams, Operation, ReferenceStore, ThreadStore
from threadstore.model import step
from threadstore.outcomes import Either, Err, Ok
from threadstore.state import State
from threadstore.store import METHODS, perform

ONE = "0190a000-0000-7000-8000-000000000001"


def methods_of(protocol: type) -> set[str]:
    return {name for name in vars(protocol) if not name.startswith("_")}


def minimal(cls: type) -> Any:
    """An operation with nothing given that may be left out."""
    required: dict[str, Any] = {"thread_id": ONE, "originator": "", "items": (), "rollout_path": "", "search_term": "x"}
    required["patch"] = threadstore.ThreadMetadataPatch()
    names = [a.name for a in attrs.fields(cls) if a.default is attrs.NOTHING]
    return cls(**{name: required[name] for name in names})


def test_there_are_nineteen_operations() -> None:
    """Ensure the table, the union and the two protocols name the same nineteen."""
    assert len(METHODS) == len(set(METHODS.values())) == 19
    assert set(METHODS) == set(get_args(Operation))
    assert set(METHODS.values()) == methods_of(ThreadStore) == methods_of(AsyncThreadStore)


@pytest.mark.parametrize(("cls", "method"), METHODS.items())
def test_every_method_takes_its_own_params(cls: type, method: str) -> None:
    """Ensure each method's one parameter is the class that the table gives it, and positional only."""
    parameters = list(inspect.signature(getattr(ThreadStore, method)).parameters.values())[1:]
    if cls is DefaultHistoryModeParams:
        assert not parameters
        return
    (parameter,) = parameters
    assert parameter.kind is inspect.Parameter.POSITIONAL_ONLY
    assert get_type_hints(getattr(ThreadStore, method))["params"] is cls


@pytest.mark.parametrize("cls", METHODS)
def test_an_operation_is_frozen_data(cls: type) -> None:
    """Ensure no operation can be changed, and that two that say the same are equal."""
    operation = minimal(cls)
    assert operation == minimal(cls)
    for attribute in attrs.fields(cls):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(operation, attribute.name, None)


@pytest.mark.parametrize("cls", METHODS)
def test_the_model_has_a_rule_for_every_operation(cls: type) -> None:
    """Ensure the model answers every operation with an outcome, on an empty store."""
    state, outcome = step(State(Capabilities()), minimal(cls))
    assert isinstance(outcome, Ok | Err | Either)
    assert isinstance(state, State)


def test_perform_runs_the_method_that_the_table_names() -> None:
    """Ensure an operation reaches its own method, with itself as the argument."""
    called: list[tuple[str, tuple[Any, ...]]] = []

    class Recorder:
        def __getattr__(self, name: str) -> Any:
            return lambda *arguments: called.append((name, arguments))

    operations = [minimal(cls) for cls in METHODS]
    recorder: Any = Recorder()
    for operation in operations:
        perform(recorder, operation)
    assert [name for name, _ in called] == list(METHODS.values())
    for operation, (_, arguments) in zip(operations, called, strict=True):
        assert arguments == (() if isinstance(operation, DefaultHistoryModeParams) else (operation,))


def test_the_reference_store_has_every_method() -> None:
    """Ensure the reference store is a ThreadStore by its methods."""
    assert methods_of(ThreadStore) <= set(dir(ReferenceStore()))


def test_capabilities_describe_themselves() -> None:
    """Ensure every flag has a kind, a value and a meaning, and that nothing is declared by default."""
    rows = Capabilities().describe()
    assert [name for name, _, _, _ in rows] == [attribute.name for attribute in attrs.fields(Capabilities)]
    assert {kind for _, kind, _, _ in rows} == {"optional operation", "variant"}
    assert {value for _, _, value, _ in rows} == {False, None}
    assert all(doc for _, _, _, doc in rows)


def test_every_public_name_exists_once_and_in_order() -> None:
    """Ensure what the package says it exports is there."""
    assert len(threadstore.__all__) == len(set(threadstore.__all__))
    assert all(hasattr(threadstore, name) for name in threadstore.__all__)
