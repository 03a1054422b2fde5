"""
Where state lives: the databases and the ephemeral stores behind the ports.
"""
