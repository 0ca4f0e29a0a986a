"""Thread ids: UUIDs in their canonical lower-case text (ID-1)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import TypeAlias
from uuid import UUID

#: A UUID as 36 characters, lower-case hexadecimal with hyphens.
ThreadId: TypeAlias = str

#: Answers the time in whole milliseconds since the Unix epoch, UTC.
Clock: TypeAlias = Callable[[], int]

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_thread_id(value: object) -> bool:
    """Tell whether a value is a UUID in canonical lower-case text."""
    return isinstance(value, str) and _CANONICAL.fullmatch(value) is not None


def new_thread_id(clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> ThreadId:
    """Make a UUIDv7: 48 bits of milliseconds, then 74 random bits (RFC 9562)."""
    value = (clock() & (1 << 48) - 1) << 80 | 0x7 << 76 | random_bits(12) << 64 | 0b10 << 62 | random_bits(62)
    return str(UUID(int=value))
