"""
What decoding raises for octets that are no message, whoever sent them.

msgspec raises errors of its own for most, Python's for text that is no UTF-8, and Python's for what is nested too deep.
"""

from typing import Final

import msgspec

UNDECODABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""To be caught around every decoding."""
