"""The local Twitter: OAuth 1.0a as Twitter speaks it, its pages, and the one call of its API that a login needs."""
