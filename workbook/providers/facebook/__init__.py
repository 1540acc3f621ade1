"""The local Facebook: OAuth 2 as Facebook speaks it, its dialog, and what of the Graph API a login needs."""
