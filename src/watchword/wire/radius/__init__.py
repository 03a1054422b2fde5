"""
RADIUS (RFC 2865, 2866, 2869, 3579, 5080, 5997): bounded, total, bytes to values and back.
"""
