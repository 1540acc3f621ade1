"""A fifth provider, which no student has seen: plain OAuth 2, with a name and addresses that are new at every start."""
