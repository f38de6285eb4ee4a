"""The parts of 文件保管."""
