"""Values that stores are known to spoil: what folding, rounding, trimming and normalising would change."""

from __future__ import annotations

from typing import Any

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

#: Texts that look like the id of a thread and are not one, by what is wrong with them.
_ID = "0190abcd-ef01-7abc-8def-0123456789ab"
GOOD_ID = _ID
BAD_IDS: dict[str, Any] = {
    "upper case": _ID.upper(),
    "one upper-case digit": _ID.replace("abcd", "abcD"),
    "no hyphens": _ID.replace("-", ""),
    "hyphens elsewhere": "0190abcde-f01-7abc-8def-0123456789ab",
    "braces": f"{{{_ID}}}",
    "urn": f"urn:uuid:{_ID}",
    "leading space": f" {_ID}",
    "trailing line feed": f"{_ID}\n",
    "trailing NUL": f"{_ID}\0",
    "one digit short": _ID[:-1],
    "one digit more": f"{_ID}0",
    "no hexadecimal digit": _ID.replace("f01", "g01"),
    "digits of another script": _ID.replace("0190", "٠١٩٠"),
    "full-width digits": _ID.replace("0190", "０１９０"),
    "empty": "",
    "parent folder": "../x",
    "path to a good id": f"../{_ID}",
    "absolute path": "/etc/passwd",
    "dot": ".",
    "lone surrogate": _ID[:-1] + "\ud800",
    "null text": "null",
    "number": 5,
    "list": [_ID],
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
