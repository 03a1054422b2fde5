from watchword.wire.radius.errors import RadiusError, Reason


def test_only_what_is_found_in_a_proven_packet_is_answered() -> None:
    answered = {reason for reason in Reason if not reason.is_silent}

    assert answered == {Reason.SEVERAL_STATES, Reason.BAD_USER_NAME, Reason.BAD_PASSWORD_SIZE, Reason.TOO_LARGE}


def test_an_error_says_its_reason_and_nothing_else() -> None:
    error = RadiusError(Reason.BAD_LENGTH)

    assert error.args == ("bad-length",)
    assert error.reason is Reason.BAD_LENGTH
