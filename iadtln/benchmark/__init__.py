"""All methods on these tasks with so many seeds, and what that says beside published tables."""
