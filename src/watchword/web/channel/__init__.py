"""
Where MFA servers call: one WebSocket each, over which everything goes that a server asks and is told.
"""
