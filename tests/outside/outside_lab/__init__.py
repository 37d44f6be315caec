"""A package that knows genlab, and that genlab does not know."""
