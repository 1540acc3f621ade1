"""Many submissions: what comes in, how it is run apart from all else, and what comes out."""
