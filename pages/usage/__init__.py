"""The parts of 使用統計; pages/usage/page.py puts them in order."""
