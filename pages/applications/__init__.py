"""Applications on screen: the form, one of them whole, and what may be done to it."""
