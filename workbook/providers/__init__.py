"""Local stand-ins of the sites that people log in with: they speak the real protocols and have the real quirks."""
