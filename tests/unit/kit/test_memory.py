import gc

from watchword.kit import memory


def test_what_lasts_is_searched_no_more_and_the_rest_seldom() -> None:
    before = gc.get_threshold()
    try:
        memory.settle()
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold() == (memory.YOUNG, memory.MIDDLE, memory.OLD)
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
