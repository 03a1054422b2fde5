"""
How administrators come in: by a link the first time, by what they have shown that it is they, and for how long.
"""
