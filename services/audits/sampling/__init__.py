"""The draw of domain.md §4 as pure functions: frame, tickets, sample. No database, no clock."""
