"""What 機關稽核 has besides the steps it shares with the sampler; pages/agency_audit/page.py puts them in order."""
