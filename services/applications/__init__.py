"""Applications for accounts (clause 5): one engine runs the sixteen workflows of the table."""
