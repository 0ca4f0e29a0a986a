"""Times in seconds: how a finding makes things happen within one, or in different ones."""

import time


def begin_second() -> None:
    """Wait until a second has just begun."""
    time.sleep(1.02 - time.time() % 1)


def pass_seconds(number: int = 2) -> None:
    """Wait so long that what comes next has a later time in whole seconds."""
    time.sleep(number + 0.1)
