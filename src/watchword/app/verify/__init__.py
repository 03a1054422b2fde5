"""
The verification service.

Gate and decision of every login, the verifications in progress, and what phones and administrators say to them.
"""
