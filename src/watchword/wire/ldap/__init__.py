"""
LDAP (RFC 4511, 4513, 4514, 4515): bounded, total, bytes to values and back.
"""
