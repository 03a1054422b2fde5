"""
What the application layer needs from outside: `login` what the path of a request needs, `records` what administration needs.
"""
