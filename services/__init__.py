"""Everything that decides. Never imports streamlit; each room has a line in docs/architecture.md."""
