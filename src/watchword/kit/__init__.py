"""
The tools everything stands on, and the only readers of time and randomness.
"""
