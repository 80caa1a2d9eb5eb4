"""``python -m iadtln``."""

from iadtln.main import main

if __name__ == "__main__":
    main()
