"""
Bodies of requests: bounded in size, and in the time that they may take to arrive.
"""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from watchword.web.problems import problem

BODY_SECONDS: Final = 10
"""Seconds in which a body must have come in: it is small, and whoever is slower keeps a connection from others."""


async def body_of(request: Request, *, most: int) -> bytes | Response:
    """Return the body of a request, or the refusal of one that has more than `most` octets or comes too slowly."""
    octets = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                octets += chunk
                if len(octets) > most:
                    return problem(413)
    except TimeoutError:
        return problem(408)
    except ClientDisconnect:
        return problem(400)
    return bytes(octets)
