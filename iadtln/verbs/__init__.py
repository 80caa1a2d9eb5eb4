"""Verbs of the command line that are not Lightning's own."""
