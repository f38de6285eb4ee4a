"""`make bench`: what things cost, each beside its peer, measured in one run and written down."""
