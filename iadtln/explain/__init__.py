"""Why a recording is diagnosed as it is: fault lines of the bearing, and what a network saw."""
