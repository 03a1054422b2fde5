"""
What Watchword decides, as pure functions over frozen values: no clock, no randomness, no input or output.
"""
