"""驗證: is this form or package the one that was signed."""
