"""The local providers as `start` serves them, in a process of their own, which prints their environment as JSON."""

from __future__ import annotations

import json
import threading

from workbook.web.running import serve_providers

if __name__ == "__main__":
    with serve_providers(0, ()) as providers:
        print(json.dumps({"url": providers.url, **providers.environment()}), flush=True)
        threading.Event().wait()
