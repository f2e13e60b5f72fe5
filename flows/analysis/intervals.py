"""Shares with their uncertainty."""

from math import sqrt

Z95 = 1.959963984540054  # the 97.5 % point of the standard normal distribution


def wilson(hits: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Return the score interval of a share of `hits` in `n`, by default at 95 %.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if n < 1 or not 0 <= hits <= n:
        raise ValueError(f"{hits} of {n} is no share.")
    share, square = hits / n, z * z
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def said_share(hits: int, n: int) -> str:
    """Return a share with its n and its interval: `2 of 9 (22%, 95% interval 6–55%)`."""
    low, high = wilson(hits, n)
    return f"{hits:,} of {n:,} ({hits / n:.0%}, 95% interval {low:.0%}–{high:.0%})"
