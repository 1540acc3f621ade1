"""What is said of a mistake: one line that tells the person what to do."""


class WorkbookError(Exception):
    """Wrong use or set-up. Its text is the one line that the person sees; the command ends with exit code 2."""
