"""The parts of 使用統計; pages/usage_charts.py puts them in order."""
