"""An agency's list of people, sent in as applications for new general users (clause 5.1)."""
