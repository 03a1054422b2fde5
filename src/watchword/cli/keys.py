"""
`watchword key`: keys under which secrets are sealed.
"""

from watchword.cli.families import Here, examples, family
from watchword.cli.texts import when

app = family("key", "Keys under which secrets are sealed.")


@app.command(name="rotate", help_epilogue=examples("watchword key rotate"))
def rotate(*, session: Here) -> None:
    """Make a new sealing key, and seal everything under it. Keep a copy of the key file."""
    done = session.perform("key.rotate")
    rest = "" if done["finished"] else "; the rest follows while Watchword runs"
    session.done(
        done,
        f"key {done['version']} of {when(done['created_at'])} seals from now on,"
        f" and {done['resealed']} secrets were sealed anew{rest}",
    )
