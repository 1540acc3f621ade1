"""What the steps' checks look for and say: logins, people, tables, and what lies behind a failure."""
