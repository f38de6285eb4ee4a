"""The five steps of 稽核抽樣, a module a step; pages/sampler/page.py puts them in order."""
