def figures(result): return []
