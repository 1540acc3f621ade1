"""`providers`: the effect of its options on the providers that it runs."""

from __future__ import annotations

import re
import subprocess
import sys

import requests

from workbook.course.places import ROOT


def test_a_callback_is_listed_at_every_provider() -> None:
    callbacks = ("http://localhost:3000/api/auth/callback/github", "myapp://back")
    command = [sys.executable, "-m", "workbook", "providers", "--provider-port", "0"]
    for callback in callbacks:
        command += ["--callback", callback]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            said = ""
            while "Ctrl-C ends it" not in said:
                line = running.stdout.readline()
                assert line, said
                said += line
            pages = re.findall(r"The local \w+ +(\S+)", said)
            assert len(pages) == 4
            for page in pages:
                shown = requests.get(page, timeout=30).text
                assert all(f"<code>{callback}</code>" in shown for callback in callbacks), page
        finally:
            running.kill()
