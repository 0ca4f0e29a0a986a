"""What the text of a refusal must say."""

from __future__ import annotations

import re


def assert_names(error: object, field: str, what: str = "") -> None:
    """Assert that a refusal has the name of the field that it is about, as a word of its own."""
    named = re.search(rf"(?<![A-Za-z_]){re.escape(field)}(?![A-Za-z_])", str(error))
    assert named, f"{what and f'{what}: '}the error must name {field}, it says {str(error)!a:.300}"
