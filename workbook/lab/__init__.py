"""Runs a step's app in a process of its own beside the local providers, and a user's browser."""
