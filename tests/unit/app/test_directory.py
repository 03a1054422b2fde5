from watchword.app.directory import CurrentConfiguration
from watchword.domain.configuration import Configuration


def test_whoever_follows_hears_of_every_configuration_from_then_on_and_finds_it_in_force() -> None:
    first, second, third = Configuration(), Configuration(), Configuration()
    current = CurrentConfiguration(first)
    heard: list[tuple[Configuration, bool]] = []
    current.swap(second)
    current.on_swap(lambda configuration: heard.append((configuration, current.value is configuration)))
    current.on_swap(lambda configuration: heard.append((configuration, current.value is configuration)))
    assert current.value is second
    current.swap(third)
    assert [configuration for configuration, _ in heard] == [third, third]
    assert heard[0][0] is third
    assert all(in_force for _, in_force in heard)
