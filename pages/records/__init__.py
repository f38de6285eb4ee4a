"""The parts of 使用紀錄; pages/records/page.py puts them in order."""
