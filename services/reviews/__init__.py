"""The access review (權限清查) of an agency: opened, prepared, decided, closed and signed (clause 6.2)."""
