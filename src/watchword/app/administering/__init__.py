"""
The operations about those who administer, and what each of them does.
"""
