from watchword.app.proofs import ASSERTED, KEY_SECONDS, PasswordProofs, ProofKeys
from watchword.domain.applications import DEFAULT_GROUP, GroupId
from watchword.domain.secrets import Secret
from watchword.kit.clock import ManualClock
from watchword.kit.randomness import SeededRandomness

PASSWORD, OTHER = Secret(b"correct horse"), Secret(b"correct horsf")
BRANCH = GroupId(b"b" * 16)


def made(seed: int = 1) -> tuple[PasswordProofs, ManualClock]:
    clock = ManualClock()
    keys = ProofKeys(clock=clock, randomness=SeededRandomness(seed))
    return PasswordProofs(lambda: keys.of(DEFAULT_GROUP)), clock


def test_a_password_has_one_proof_and_another_password_another() -> None:
    proofs, _ = made()
    assert proofs.of(PASSWORD) == proofs.of(Secret(b"correct horse"))
    assert len(proofs.of(PASSWORD)) == 1
    assert len(proofs.of(PASSWORD)[0]) == 32
    assert proofs.of(PASSWORD) != proofs.of(OTHER)


def test_a_proof_says_nothing_to_whoever_lacks_the_key() -> None:
    assert made(1)[0].of(PASSWORD) != made(2)[0].of(PASSWORD)


def test_groups_have_nothing_in_common() -> None:
    keys = ProofKeys(clock=ManualClock(), randomness=SeededRandomness(1))

    assert keys.of(BRANCH) == keys.of(BRANCH)
    assert not set(keys.of(BRANCH)) & set(keys.of(DEFAULT_GROUP))


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
