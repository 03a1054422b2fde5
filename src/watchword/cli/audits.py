"""
`watchword audit`: the audit trail.
"""

from watchword.cli.families import Here, examples, family

app = family("audit", "The audit trail.")


@app.command(name="verify", help_epilogue=examples("watchword audit verify && echo whole"))
def verify(*, session: Here) -> int:
    """Walk the chain of everything that happened, and see that nothing was changed or taken out."""
    verified = session.perform("audit.verify")
    whole = verified["whole"]
    if session.as_json:
        session.document(verified)
    else:
        session.say(
            f"{verified['rows']} rows, and the chain is whole" if whole else f"the chain is broken: {verified['fault']}"
        )
    return 0 if whole else 1
