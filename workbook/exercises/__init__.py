"""Logins, people, tables, causes of errors and messages, for the steps' checks."""
