"""What is drawn here is drawn the same in every run."""

from tests.seeds import known_seeds

__all__ = ["known_seeds"]
