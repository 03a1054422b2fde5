"""
Everything that speaks HTTP.
"""
