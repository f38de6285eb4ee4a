"""The five steps of 稽核抽樣, a module a step; pages/audit_sampler.py puts them in order."""
