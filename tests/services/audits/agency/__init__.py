"""The agency audit as a service."""
