"""The error for a mistake of the user: one line that tells them what to do."""


class WorkbookError(Exception):
    """Wrong use or set-up. Its text is the one line that the user sees; the command ends with exit code 2."""
