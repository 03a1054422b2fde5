"""
`watchword setting`: what holds for the whole organisation.
"""

from watchword.cli.families import Here, Real, examples, family
from watchword.cli.texts import number

app = family("setting", "Settings of the organisation.")


@app.command(name="list", help_epilogue=examples("watchword setting list"))
def listed(*, session: Here) -> None:
    """List the settings, with what they mean."""
    rows = session.perform("setting.list")
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(
        session.terminal.stdout,
        ("setting", "value", "default", "from", "to", "what it is"),
        (
            (row["name"], *(number(row[name]) for name in ("value", "default", "least", "most")), row["words"])
            for row in rows
        ),
    )


@app.command(name="set", help_epilogue=examples("watchword setting set radius.reject_delay 1"))
def change(name: str, value: Real, /, *, session: Here) -> None:
    """
    Change a setting; it holds from the next login on.

    Args:
        name: the setting, as `watchword setting list` shows it.
        value: its new value.
    """
    done = session.perform("setting.set", name=name, value=value)
    session.done(done, f"{done['name']} is {number(done['value'])}")
