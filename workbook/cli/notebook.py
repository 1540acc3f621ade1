"""`notebook`: JupyterLab on a step's notebook."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from urllib.parse import quote

import click

from workbook.course.errors import WorkbookError
from workbook.course.places import NOTEBOOKS, ROOT
from workbook.course.steps import find_step

from .options import folder_of, in_folder

_WITHOUT_NETWORK = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


@click.command("notebook")
@click.argument("step", required=False)
@in_folder
@click.option("--no-browser", is_flag=True, help="Only print the URL.")
def notebook_command(step: str | None, folder: str | None, no_browser: bool) -> int:
    """Open JupyterLab on a step's notebook, until Ctrl-C.

    It runs the finished app; with --in chapters yours.
    """
    wanted = NOTEBOOKS / f"{find_step(step).name}.ipynb" if step else NOTEBOOKS
    if not wanted.exists():
        raise WorkbookError(f"Step {step} has no notebook.")
    if importlib.util.find_spec("jupyterlab") is None:
        raise WorkbookError("JupyterLab is not installed in this environment: see requirements.txt.")
    environment = dict(os.environ)
    if folder is not None:
        environment["WORKBOOK_IN"] = str(folder_of(folder))
    command = [
        *(sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT}"),
        # The URL that it prints leads there, too; with the file as an argument only the browser that it opens goes
        # there.
        f"--LabApp.default_url=/lab/tree/{quote(wanted.relative_to(ROOT).as_posix())}",
        "--ServerApp.log_level=WARN",  # of thirty lines people need only those with the URL
        "--ServerApp.answer_yes=True",  # Ctrl-C ends it at once, as it does everything else here
        *_WITHOUT_NETWORK,
        *(["--no-browser"] if no_browser else []),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    if sys.platform != "win32":
        # Jupyter takes this process over, so that a signal to it ends Jupyter.
        os.chdir(ROOT)
        os.execve(sys.executable, command, environment)
    with subprocess.Popen(command, cwd=ROOT, env=environment) as jupyter:
        while True:
            try:
                return 0 if jupyter.wait() == 0 else 2
            except KeyboardInterrupt:
                continue  # Jupyter got the signal too, and ends by itself
