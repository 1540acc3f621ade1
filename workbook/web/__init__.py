"""The page with the live diagram: what the student's own app says, while it says it."""
