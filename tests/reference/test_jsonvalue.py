"""Which JSON values are storable, and which are the same (APPEND-5)."""

from __future__ import annotations

import copy
import enum
import json
import math
from collections import OrderedDict
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from threadstore import InvalidRequest, RolloutItem
from threadstore.jsonvalue import INT_MAX, INT_MIN, MAX_DEPTH, check_json, same_json

scalars = (
    st.none()
    | st.booleans()
    | st.integers(INT_MIN, INT_MAX)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def nested(levels: int, inside: Any = None) -> Any:
    value = inside
    for level in range(levels):
        value = [value] if level % 2 else {"in": value}
    return value


class Word(enum.StrEnum):
    ONE = "one"


class TestStorable:
    @given(value=values)
    def test_what_can_be_stored_passes(self, value: Any) -> None:
        """Ensure every JSON value within the ranges passes, and comes through a JSON text as the same value."""
        check_json(value, "it")
        assert same_json(orjson.loads(orjson.dumps(value)), value)

    @pytest.mark.parametrize(
        "value",
        [
            INT_MIN, INT_MAX, 0, -0.0, 5e-324, 1.7976931348623157e308, 2.0**70, True, None, "", "\x00", "\U0010ffff",
            "é", [], {}, {"": {"": 0}}, nested(100), nested(MAX_DEPTH), "x" * 10_000_000,
        ],
        ids=lambda value: repr(value)[:20],
    )  # fmt: skip
    def test_the_outermost_values_pass(self, value: Any) -> None:
        """Ensure the ends of every range pass."""
        check_json(value, "it")

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (INT_MAX + 1, "integer"),
            (INT_MIN - 1, "integer"),
            (10**5000, "16610 bits"),
            (math.nan, "finite"),
            (math.inf, "finite"),
            (-math.inf, "finite"),
            ("\ud800", r"U\+D800"),
            ("tail \udfff", r"character 5 .* U\+DFFF"),
            ({"\ud800": 1}, "surrogate"),
            ({1: 2}, "not text: 1"),
            ({None: 2}, "not text: None"),
            ({(10**5000,): 2}, "not text"),
            (nested(MAX_DEPTH + 1), "levels"),
            (nested(100_000), "levels"),
            (b"bytes", "bytes"),
            ({1, 2}, "set"),
            (object(), "object"),
            (Word.ONE, "Word"),
            (OrderedDict(a=1), "OrderedDict"),
            ((1, 2), "tuple"),
            (range(2), "range"),
            (1j, "complex"),
        ],
        ids=lambda value: repr(value)[:20] if not isinstance(value, int | list | dict) else type(value).__name__,
    )
    def test_what_cannot_be_stored_is_refused_in_one_sentence(self, value: Any, words: str) -> None:
        """Ensure each kind of bad value is refused wherever it stands, with the place and a short reason."""
        for where, whole in (("it", value), ("it.a", {"a": value}), ("it[1]", [0, value])):
            with pytest.raises(InvalidRequest, match=words) as caught:
                check_json(whole, "it")
            assert caught.value.field is not None
            assert caught.value.field.startswith("it")
            if words != "levels":
                assert caught.value.field == where
            assert len(str(caught.value)) < 250

    def test_a_value_inside_itself_is_refused(self) -> None:
        """Ensure a cycle ends in a refusal."""
        loop: list[Any] = []
        loop.append(loop)
        with pytest.raises(InvalidRequest, match="levels"):
            check_json(loop, "it")

    def test_the_place_stays_short_however_deep(self) -> None:
        """Ensure a bad value under many long keys is named by the first few levels alone."""
        value: Any = math.nan
        for _ in range(100):
            value = {"k" * 1000: value}
        with pytest.raises(InvalidRequest) as caught:
            check_json(value, "it")
        assert len(caught.value.field or "") < 6000


class TestSame:
    @given(value=values)
    def test_a_copy_is_the_same(self, value: Any) -> None:
        """Ensure sameness is reflexive over copies and blind to the order of members."""
        assert same_json(copy.deepcopy(value), value)
        assert same_json(reordered(value), value)

    @given(a=values, b=values)
    def test_sameness_is_that_of_canonical_text(self, a: Any, b: Any) -> None:
        """Ensure two values are the same exactly when their canonical forms are, in either order."""
        assert same_json(a, b) == same_json(b, a) == (canonical(a) == canonical(b))

    @pytest.mark.parametrize(
        ("a", "b"),
        [
            (True, 1), (False, 0), (True, 1.0), (None, False), (None, 0), ("", None), ("1", 1), ([], {}), ([], None),
            ({"a": None}, {}), ({"a": 1}, {"a": True}), ([[True]], [[1]]), (2**53, 2**53 + 1),
            (float(2**53), 2**53 + 1), (2**64 - 1, float(2**64)), ("\u00e9", "e\u0301"), ("a", "A"), ([1, 2], [2, 1]),
            ([1], [1, 1]), ("\x00", ""), (1, 1 + 2**-52), ({"a": {"b": [0, False]}}, {"a": {"b": [0, 0]}}),
        ],
    )  # fmt: skip
    def test_these_differ(self, a: Any, b: Any) -> None:
        """Ensure values that Python or a careless store takes for equal are told apart."""
        assert not same_json(a, b)
        assert not same_json(b, a)
        assert RolloutItem("world_state", {"v": a}) != RolloutItem("world_state", {"v": b})

    @pytest.mark.parametrize(
        ("a", "b"), [(1, 1.0), (0, -0.0), (2**53, float(2**53)), ({"a": 1, "b": 2}, {"b": 2.0, "a": 1})]
    )
    def test_these_are_the_same(self, a: Any, b: Any) -> None:
        """Ensure a number is its exact value, whatever its Python type."""
        assert same_json(a, b)
        assert RolloutItem("world_state", {"v": a}) == RolloutItem("world_state", {"v": b})

    def test_an_item_is_equal_to_items_alone(self) -> None:
        """Ensure items of another type, and things that are no items, differ, and that items cannot be hashed."""
        item = RolloutItem("world_state", {})
        assert item != RolloutItem("turn_context", {})
        assert item != {"type": "world_state", "payload": {}}
        with pytest.raises(TypeError, match="unhashable"):
            hash(item)


def reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(member) for member in value] if isinstance(value, list) else value


def canonical(value: Any) -> str:
    """Text in which a number is its exact value, a boolean a word, and members are in order."""
    if isinstance(value, float):
        ratio = value.as_integer_ratio()
        return str(ratio[0]) if ratio[1] == 1 else f"{ratio[0]}/{ratio[1]}"
    if isinstance(value, list):
        return f"[{','.join(map(canonical, value))}]"
    if isinstance(value, dict):
        return f"{{{','.join(json.dumps(key) + ':' + canonical(value[key]) for key in sorted(value))}}}"
    return json.dumps(value)
