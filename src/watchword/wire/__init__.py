"""
Codecs between bytes and values, without input or output of their own.
"""
