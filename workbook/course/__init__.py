"""The course: its steps, exercises, points and hints, and the starters derived from the solutions."""
