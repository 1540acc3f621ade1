"""What protects forms: each carries a token that only our own pages have, and a POST without it is refused."""

from flask_wtf.csrf import CSRFProtect

csrf = CSRFProtect()
