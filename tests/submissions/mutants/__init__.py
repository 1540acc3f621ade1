"""Mutants: each finished app with one small fault, made by machine. See __main__.py."""
