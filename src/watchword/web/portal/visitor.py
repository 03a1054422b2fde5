"""
Who looks at a page.
"""

from dataclasses import dataclass, field

from watchword.app.administration import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """
    An administrator who is signed in, as one request sees him.

    Attributes:
        actor: what operations are performed as; his role is the one that he has now.
        administrator: his identifier.
        session: the identifier of his session, as it stands in lists: nothing can be done with it alone.
        csrf: what every form of his session carries in the field `csrf`, and every `fetch` in `X-CSRF-Token`.
        fresh: whether he has shown his second step in the last five minutes.
        language: the tag of the language that he reads, such as `en`.
        name: how he is called on the screen.
    """

    actor: Actor
    administrator: bytes
    session: bytes
    csrf: str = field(repr=False)
    fresh: bool
    language: str
    name: str
