"""Kept documents (申請表、保密切結書、公文): stored, looked at, handed over, destroyed (clause 6.1)."""
