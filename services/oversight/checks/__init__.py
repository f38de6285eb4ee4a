"""The machine's review of a package: one module a check, each pure over the facts (7.2.1)."""
