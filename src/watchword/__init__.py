"""
Watchword: open, self-hosted multi-factor authentication.
"""
