"""The agency audit of a half-year (clause 7.1.2): what the units audited, and the agency's own look at it."""
