"""
The MFA server as one file: what goes into it, how it is made and kept, and what starts it elsewhere.
"""
