"""
What Watchword dials.
"""
