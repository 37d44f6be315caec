"""What a model's error consists of, and what would lower it."""
