"""The proxy that notes the hosts to which an app sends requests."""

from __future__ import annotations

import urllib.request
from urllib.error import URLError

import pytest
import requests

from workbook.lab.outside import Outside


def test_it_notes_the_host_and_lets_nothing_through(monkeypatch: pytest.MonkeyPatch) -> None:
    with Outside() as outside:
        for name, value in outside.environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises((URLError, OSError)):
            urllib.request.urlopen("https://api.example.com/user", timeout=5)
        with pytest.raises(requests.RequestException):
            requests.get("https://www.example.org/", timeout=5)
        assert outside.hosts == ["api.example.com", "www.example.org"]
