"""
What crosses the channel between an MFA server and a portal, and what is kept of a decision for ever.
"""
