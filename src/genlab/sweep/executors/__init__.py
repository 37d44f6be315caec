"""What runs cells: the worker processes of this machine."""
