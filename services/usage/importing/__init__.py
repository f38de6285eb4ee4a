"""Import of other systems' usage records (clause 9): read, map, check, preview, store."""
