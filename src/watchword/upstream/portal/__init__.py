"""
The portal as an MFA server reaches it: one connection out, and what is asked over it.
"""
