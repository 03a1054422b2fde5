"""
`watchword doctor`: what is not as it should be.
"""

from watchword.cli.families import Here, family

app = family(
    "doctor",
    "What is not as it should be, and what to do about it.",
    "watchword doctor",
    "watchword doctor --json | jq '.[] | select(.level != \"ok\")'",
)


@app.default
def doctor(*, session: Here) -> int:
    """Look at everything. Exit code 1 where there is an error; warnings and advice leave it 0."""
    findings = session.perform("doctor")
    if session.as_json:
        session.array(findings)
    else:
        for finding in findings:
            advice = (finding["advice"],) if finding["advice"] else ()
            session.say(f"{finding['level']:<8} {finding['check']}: {finding['sentence']}", *advice)
    return 1 if any(finding["level"] == "error" for finding in findings) else 0
