"""
The way of every request, and everything that an administrator can do.
"""
