"""
MFA servers: how they become known, open sessions and are heard, and how they are administered.
"""
