"""The colours of state badges; one meaning a colour everywhere."""

from typing import Literal

Colour = Literal["gray", "blue", "orange", "green", "red"]
"""gray: not begun; blue: under way; orange: wants attention; green: done; red: wrong or overdue."""
