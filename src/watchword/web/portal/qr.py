"""
QR codes as the path of an SVG, which a page draws itself: no image is loaded, and no markup is made from text.
"""

from dataclasses import dataclass

QUIET = 4
"""Modules of white around a code (ISO/IEC 18004 section 6.3.8)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Qr:
    """A code: `path` draws its dark modules in a square of `size` units."""

    path: str
    size: int


def qr_of(text: str) -> Qr:
    """Return the code of a text."""
    import segno  # noqa: PLC0415 - few pages show one

    made = segno.make(text, error="m", micro=False)
    rows = [bytes(row) for row in made.matrix]
    path = "".join(
        f"M{x + QUIET} {y + QUIET}h{length}v1h-{length}z" for y, row in enumerate(rows) for x, length in _runs(row)
    )
    return Qr(path=path, size=len(rows) + 2 * QUIET)


def _runs(row: bytes) -> list[tuple[int, int]]:
    """Return where the dark modules of a row begin, and how many follow each other."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if not dark:
            continue
        if runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((x, 1))
    return runs
