"""Cross-domain fault diagnosis of rotating machinery: train on one machine, diagnose another."""

__version__ = "0.1.0"
