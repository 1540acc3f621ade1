"""Local stand-ins of the providers: they speak the real protocols and have the real quirks."""
