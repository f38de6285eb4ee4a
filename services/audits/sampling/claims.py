"""What the base sample supports: the exact hypergeometric upper limit at 95% confidence."""

from scipy.special import betaincinv
from scipy.stats import hypergeom

CONFIDENCE = 0.95


def upper_limit(population: int, sample: int, deviations: int) -> int:
    """Return the largest number of deviating records in the population that the sample leaves open.

    With that many, finding ``deviations`` or fewer in a simple random sample of ``sample`` records
    still has a chance of more than 5%; with one more it has not. Raises ValueError for counts that
    cannot be.
    """
    if not 0 <= deviations <= sample <= population:
        raise ValueError("deviations <= sample <= population does not hold")

    def leaves_open(number: int) -> bool:
        return bool(hypergeom.cdf(deviations, population, number, sample) > 1 - CONFIDENCE)

    # From the limit of an endless population it is near, and every question takes long for what it is.
    low, high = deviations, population - (sample - deviations)
    near = high
    if deviations < sample:
        rate = betaincinv(deviations + 1, sample - deviations, CONFIDENCE)
        near = min(max(int(population * rate), low), high)
    step = 4
    if leaves_open(near):
        low = near
        while (tried := low + step) <= high and leaves_open(tried):
            low, step = tried, step * 2
        high = min(high, low + step - 1)
    else:
        high = near - 1
        while (tried := high - step) > low and not leaves_open(tried):
            high, step = tried - 1, step * 2
        low = max(low, high - step)
    while low < high:
        middle = (low + high + 1) // 2
        if leaves_open(middle):
            low = middle
        else:
            high = middle - 1
    return low


def beside_the_known(population: int, limit: int, known: int, complying: int) -> int:
    """Return an upper limit that fits what is known of single records, whatever the sample was.

    ``known`` records deviate and ``complying`` others do not: more cannot be, and fewer are not. A limit of
    95% that is raised, or cut down to what is possible at all, holds as before.
    """
    if not 0 <= known <= population - complying:
        raise ValueError("known and complying do not fit into the population")
    return min(max(limit, known), population - complying)
