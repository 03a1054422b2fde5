"""
The one table from outcomes to answers of RADIUS.

A Reject says the same whatever its reason is (R66): whoever guesses must not learn whether the user is there, is locked
or mistyped. Nothing that a client sent stands in an answer but its Proxy-States (R49).
"""

from typing import Final, assert_never

from watchword.domain.verification import Allowed, Challenged, Denied, Outcome, Prompt
from watchword.wire.radius import replies
from watchword.wire.radius.errors import RadiusError
from watchword.wire.radius.packet import Packet
from watchword.wire.radius.shared_secret import SharedSecret

REFUSED: Final = "Sign-in was refused."
"""What every Reject says."""
ENTER_CODE: Final = "Enter your code"
ENTER_NUMBER: Final = "Enter {number} in your authenticator app, then answer anything here"


def reply_to(request: Packet, secret: SharedSecret, outcome: Outcome) -> bytes:
    """
    Make the answer to an Access-Request, signed.

    Args:
        request: the request.
        secret: what it was made with.
        outcome: what came of it. Where the answer does not fit into a packet it is a Reject.
    """
    try:
        match outcome:
            case Allowed():
                return replies.accept(request, secret, attributes=outcome.attributes)
            case Challenged():
                return replies.challenge(request, secret, state=outcome.state, message=prompt_text(outcome.prompt))
            case Denied():
                return refusal(request, secret)
            case _:
                assert_never(outcome)
    except RadiusError:
        return refusal(request, secret)


def refusal(request: Packet, secret: SharedSecret) -> bytes:
    """Make the Access-Reject to a request, without words where its Proxy-States leave no room for them."""
    try:
        return replies.reject(request, secret, message=REFUSED)
    except RadiusError:
        return replies.reject(request, secret)


def prompt_text(prompt: Prompt) -> str:
    """Return what the application shows with a challenge."""
    return ENTER_CODE if prompt.number is None else ENTER_NUMBER.format(number=prompt.number)
