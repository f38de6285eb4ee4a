"""缺失改善, a module a part: the list, one finding, its moves, the picture of the way."""
