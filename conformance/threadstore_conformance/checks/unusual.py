"""Values that stores are known to spoil: what folding, rounding, trimming and normalising would change."""

from __future__ import annotations

from typing import Any

from threadstore import RolloutItem

#: Texts, by what is unusual about them.
TEXTS: dict[str, str] = {
    "empty": "",
    "white space alone": " \t\n ",
    "white space around": "  padded\t",
    "line ends": "a\r\nb\rc\n",
    "U+0000": "before\0after",
    "NFC": "caf\u00e9",
    "NFD": "cafe\u0301",
    "compatibility forms": "\ufb01\u2460\uff21",
    "case": "Straße İstanbul ΣΑΣ",
    "line separators": "\u2028\u2029\u0085",
    "byte order mark": "\ufeffbom",
    "replacement character": "\ufffd",
    "noncharacters": "\uffff\ufdd0\U0010ffff",
    "beside the surrogates": "\ud7ff\ue000",
    "beyond the BMP": "🧵𝒳\U0001f468\u200d\U0001f4bb",
    "JSON syntax": '{"a": "\\u0041\\n"}',
    "SQL syntax": "'; DROP TABLE threads; -- %_?",
    "path syntax": "../../etc/passwd",
    "words of JSON": "null",
    "digits": "007",
    "long": "x" * 70_000,
}

#: Numbers at the edges of what 64 bits and doubles can hold.
NUMBERS: tuple[int | float, ...] = (
    0, 1, -1, 2**31, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**63),
    -0.0, 0.1, 1.0, 1.5, 1e15, 1e16, 1e22, 1e308, 1.7976931348623157e308, 5e-324, 123456789.12345679,
    0.30000000000000004, -2.2250738585072014e-308, float(2**53), float(2**63),
)  # fmt: skip

#: The id of a thread.
GOOD_ID = "0190abcd-ef01-7abc-8def-0123456789ab"

#: Values that look like it and are no id, by what is wrong with them.
BAD_IDS: dict[str, Any] = {
    "upper case": GOOD_ID.upper(),
    "one upper-case digit": GOOD_ID.replace("abcd", "abcD"),
    "no hyphens": GOOD_ID.replace("-", ""),
    "hyphens elsewhere": "0190abcde-f01-7abc-8def-0123456789ab",
    "braces": f"{{{GOOD_ID}}}",
    "urn": f"urn:uuid:{GOOD_ID}",
    "leading space": f" {GOOD_ID}",
    "trailing line feed": f"{GOOD_ID}\n",
    "trailing NUL": f"{GOOD_ID}\0",
    "one digit short": GOOD_ID[:-1],
    "one digit more": f"{GOOD_ID}0",
    "no hexadecimal digit": GOOD_ID.replace("f01", "g01"),
    "digits of another script": GOOD_ID.replace("0190", "٠١٩٠"),
    "full-width digits": GOOD_ID.replace("0190", "０１９０"),
    "empty": "",
    "parent folder": "../x",
    "path to a good id": f"../{GOOD_ID}",
    "absolute path": "/etc/passwd",
    "dot": ".",
    "lone surrogate": GOOD_ID[:-1] + "\ud800",
    "null text": "null",
    "number": 5,
}

#: Texts with a surrogate that is not half of a pair.
LONE_SURROGATES = ("\ud800", "before\udfffafter", "\udc00\ud800")

#: What no JSON value can be, or no 64-bit store can hold.
UNSTORABLE: dict[str, Any] = {
    "NaN": float("nan"),
    "infinity": float("inf"),
    "negative infinity": float("-inf"),
    "2**64": 2**64,
    "-2**63-1": -(2**63) - 1,
    "10**400": 10**400,
    "lone surrogate": "\ud800",
    "lone surrogate in a key": {"\udfff": 1},
    "lone surrogate inside a text": "before\udfffafter",
}

#: How deep `carrying` puts a value.
DEPTH_OF_ARGUMENTS = 2


def carrying(value: Any) -> RolloutItem:
    """Return an item of a kind in which any JSON has a place: a tool's arguments."""
    payload = {
        "type": "mcp_tool_call_end", "call_id": "1", "duration": {"secs": 0, "nanos": 0}, "result": {"Err": "x"},
        "invocation": {"server": "s", "tool": "t", "arguments": value},
    }  # fmt: skip
    return RolloutItem("event_msg", payload)


def any_value(value: Any) -> Any:
    """Pass a value as of any type, where a check means to pass the wrong one."""
    return value
