"""
What the application layer needs from outside: `login` for the path of a request, `records` for administration.
"""
