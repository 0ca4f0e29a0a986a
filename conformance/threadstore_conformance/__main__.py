"""``python -m threadstore_conformance`` is ``threadstore``."""

from .cli import main

if __name__ == "__main__":
    main()
