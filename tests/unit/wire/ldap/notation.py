"""
BER as people can read and write it.
"""


def ber(text: str) -> bytes:
    """Read hexadecimal octets; `30{ ... }` is an element as long as what stands between the braces."""
    open_elements = [bytearray()]
    for word in text.split():
        if word == "}":
            contents = open_elements.pop()
            assert len(contents) < 0x80, "a length of one octet"
            open_elements[-1] += bytes([len(contents)]) + contents
        else:
            open_elements[-1] += bytes.fromhex(word.removesuffix("{"))
            if word.endswith("{"):
                open_elements.append(bytearray())
    (whole,) = open_elements
    return bytes(whole)
