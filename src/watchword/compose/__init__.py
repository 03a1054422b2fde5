"""
Puts the parts together; the only room that names implementations.

`serving` is a process that answers logins: it opens the store, serves RADIUS, and only then imports the web. `offline`
is administration on the database alone, for when nothing runs. What was opened last is closed first.
"""
