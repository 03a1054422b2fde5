"""
The first step: who checks a password.
"""
