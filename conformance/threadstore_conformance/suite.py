"""Every check of the suite, to be imported with ``*`` into an author's own test file.

::

    from threadstore_conformance.suite import *

    @pytest.fixture(scope="session")
    def threadstore_backend():
        return MY_BACKEND
"""

from __future__ import annotations

from .checks import test_generated
from .directed import all_checks

globals().update({check.function.__name__: check.function for check in all_checks()})
globals().update({name: value for name, value in vars(test_generated).items() if name.startswith("test_")})

__all__ = [name for name in globals() if name.startswith("test_") and name != "test_generated"]
