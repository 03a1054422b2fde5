"""
A device of the portal's, without a phone around it: what it keeps, and how it speaks to the portal.
"""
