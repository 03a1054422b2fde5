"""
Why something happened, what would happen, and what is not as it should be.
"""
