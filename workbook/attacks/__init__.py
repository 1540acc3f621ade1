"""The attacker: each attack as a script, with browsers and a server of its own."""
