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


@app.command(name="rename", help_epilogue=examples("watchword group rename berlin --name 'Berlin and Potsdam'"))
def rename(group: str, /, *, name: str, session: Here) -> None:
    """
    Give a replication group another name.

    Args:
        group: its name.
        name: what it is to be called.
    """
    done = session.perform("group.rename", group=group, name=name)
    session.done(done, f"the group is called {done['name']} now")


@app.command(name="remove", help_epilogue=examples("watchword group remove berlin"))
def remove(group: str, /, *, session: Here) -> None:
    """
    Remove a replication group that no server is in any more.

    Args:
        group: its name.
    """
    done = session.perform("group.remove", group=group)
    session.done(done, f"removed the group {done['name']}")
