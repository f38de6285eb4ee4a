"""Incidents: what an audit or a person found, and what is done about it (6.3.5, 7.1.3, 7.1.4)."""
