from watchword.app.proofs import ASSERTED, KEY_SECONDS, PasswordProofs
from watchword.domain.secrets import Secret
from watchword.kit.clock import ManualClock
from watchword.kit.randomness import SeededRandomness

PASSWORD, OTHER = Secret(b"correct horse"), Secret(b"correct horsf")


def made(seed: int = 1) -> tuple[PasswordProofs, ManualClock]:
    clock = ManualClock()
    return PasswordProofs(clock=clock, randomness=SeededRandomness(seed)), clock


def test_a_password_has_one_proof_and_another_password_another() -> None:
    proofs, _ = made()
    assert proofs.of(PASSWORD) == proofs.of(Secret(b"correct horse"))
    assert len(proofs.of(PASSWORD)) == 1
    assert len(proofs.of(PASSWORD)[0]) == 32
    assert proofs.of(PASSWORD) != proofs.of(OTHER)


def test_a_proof_says_nothing_to_whoever_lacks_the_key() -> None:
    assert made(1)[0].of(PASSWORD) != made(2)[0].of(PASSWORD)


def test_where_there_is_no_password_there_is_a_constant() -> None:
    assert made(1)[0].of(None) == made(2)[0].of(None) == (ASSERTED,)


def test_a_key_is_good_for_a_day_and_remembered_for_one_more() -> None:
    proofs, clock = made()
    (first,) = proofs.of(PASSWORD)
    clock.advance(KEY_SECONDS - 1)
    assert proofs.of(PASSWORD) == (first,)
    clock.advance(1)
    second, older = proofs.of(PASSWORD)
    assert older == first
    assert second != first
    clock.advance(KEY_SECONDS - 1)
    assert proofs.of(PASSWORD) == (second, first)
    clock.advance(1)
    third, older = proofs.of(PASSWORD)
    assert older == second
    assert third not in (first, second)


def test_a_clock_that_is_set_changes_no_key() -> None:
    proofs, clock = made()
    before = proofs.of(PASSWORD)
    clock.step(10 * KEY_SECONDS)
    assert proofs.of(PASSWORD) == before
