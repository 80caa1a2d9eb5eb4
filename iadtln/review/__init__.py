"""What a finished run left and what its data say, gathered for one page."""
