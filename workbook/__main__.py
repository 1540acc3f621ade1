"""`python -m workbook`. Until the dependencies are there, it needs nothing but Python's own library."""

import io
import sys

# An older Python must be able to read these lines, to say that it is too old.
if sys.version_info < (3, 10):
    sys.stderr.write(
        "The workbook needs Python 3.10 or later, and this is %d.%d. Install a newer one from python.org.\n"
        % sys.version_info[:2]
    )
    sys.exit(2)

if __name__ == "__main__":
    from workbook.setting_up import go_on_in_environment

    go_on_in_environment()

    try:
        from workbook.cli.main import main
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        sys.exit(2)
    except ModuleNotFoundError as error:
        sys.stderr.write(
            "%s is missing in %s. Delete that folder, and run the same command again.\n"
            % (error.name, sys.prefix)
        )
        sys.exit(2)

    # A terminal or a file that cannot hold a character gets a question mark instead, and raises no error.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")

    main()
