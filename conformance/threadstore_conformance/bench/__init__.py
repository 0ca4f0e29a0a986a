"""Benchmarks: what each operation costs, beside a bare loop that does the same work with nothing around it.

``threadstore bench NAME`` runs them and prints the ratios; ``pytest --pyargs threadstore_conformance.bench
--threadstore-backend NAME`` runs them as the pytest-benchmark tests that they are. A run of the suite leaves them out.
"""
