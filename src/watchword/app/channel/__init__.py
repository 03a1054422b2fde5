"""
The portal's end of the channel: what MFA servers ask, answered by what decides here.
"""
