"""The commands. Each is a few lines over the parts below."""
