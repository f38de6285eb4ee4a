"""The parts of the page 匯入."""
