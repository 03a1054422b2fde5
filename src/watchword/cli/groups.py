"""
`watchword group`: replication groups.
"""

from watchword.cli.families import Here, examples, family

app = family("group", "Replication groups: servers that share what users have in progress.")


@app.command(name="add", help_epilogue=examples("watchword group add berlin"))
def add(name: str, /, *, session: Here) -> None:
    """
    Add a replication group.

    Args:
        name: what people call it.
    """
    done = session.perform("group.add", name=name)
    session.done(done, f"added the group {done['name']}")


@app.command(name="list", help_epilogue=examples("watchword group list"))
def listed(*, session: Here) -> None:
    """List the replication groups."""
    rows = session.perform("group.list")
    if session.as_json:
        session.array(rows)
        return
    from watchword.cli import drawing

    drawing.table(session.terminal.stdout, ("group", "id"), ((row["name"], row["id"]) for row in rows))
