"""A trained model meets recordings of anybody's machine: block by block, with doubts said."""
