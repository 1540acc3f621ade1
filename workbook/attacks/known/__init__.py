"""The attacks, a module each. An attack is added by a module here, and nowhere else: registry.py says what it has."""
