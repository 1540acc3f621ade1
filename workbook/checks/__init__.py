"""Runs the exercises' checks against a folder of solutions and turns their results into verdicts."""
