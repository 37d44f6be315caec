"""The place of an experiment of one's own."""
