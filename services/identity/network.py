"""Where a call comes from, as far as its caller cannot choose it."""

import ipaddress

LONGEST = 60
"""What is kept of an address that is none."""


def network_of(address: str) -> str:
    """Return what one caller can choose no part of: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return address[:LONGEST]
    if given.version == 6:
        if given.ipv4_mapped:  # else the whole of IPv4 would be one network, and share one lock
            return str(given.ipv4_mapped)
        return str(ipaddress.ip_network((given, 64), strict=False))
    return str(given)
