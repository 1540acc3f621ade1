"""The local GitHub: OAuth 2 as GitHub speaks it with OAuth apps, its page, and the two calls that a login needs."""
