"""
One module a migration. What was released is never changed again.
"""
