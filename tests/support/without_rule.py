"""Certifies the core of a backend by programs that lack a rule, and prints the certificate.

python -m support.without_rule RULE BACKEND
"""

from __future__ import annotations

import json
import sys

import cattrs

from threadstore_conformance import machine
from threadstore_conformance.certify import Request, certify

if __name__ == "__main__":
    rule, target = sys.argv[1:]
    every = machine.rules_of
    machine.rules_of = lambda focus: every(focus) - {rule}
    print(json.dumps(cattrs.unstructure(certify(Request(target=target, levels=("core",))).certificate)))
