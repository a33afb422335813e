"""The client's address is what our own proxies saw, never what a client claims."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medtime_backend.client_address import UNKNOWN, Networks, belongs, client_address, holder_of

NONE = Networks([])
GATEWAYS = Networks(["10.0.0.0/8", "fd00::/8"])
IPV4 = st.ip_addresses(v=4).filter(lambda address: address not in GATEWAYS).map(str)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1, 203.0.113.7, 10.2.3.4"], "203.0.113.7"),
        ("10.0.0.1", ["10.9.9.9, 10.2.3.4"], "10.9.9.9"),
        ("10.0.0.1", ["203.0.113.7, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.7, nonsense, 10.2.3.4"], "10.2.3.4"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.7:4711"], "203.0.113.7"),
        ("10.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("fd00::1", ["2001:db8:0:1:aaaa::1"], "2001:db8:0:1:aaaa::1"),
        ("2001:db8::1%eth0", [], "2001:db8::1"),
        ("::ffff:203.0.113.7", [], "203.0.113.7"),
        ("::ffff:10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        (None, ["203.0.113.7"], UNKNOWN),
        ("", [], UNKNOWN),
        ("/run/service.sock", ["203.0.113.7"], UNKNOWN),
    ],
)
def test_the_last_address_that_is_not_ours(peer: str | None, forwarded: list[str], expected: str) -> None:
    assert client_address(peer, forwarded, GATEWAYS) == expected


@given(claims=st.lists(st.text(max_size=40), max_size=4), real=IPV4)
def test_nothing_that_a_client_writes_changes_its_address(claims: list[str], real: str) -> None:
    assert client_address(real, claims, GATEWAYS) == real
    assert client_address("10.0.0.1", [*claims, real], GATEWAYS) == real


def test_without_gateways_the_header_means_nothing() -> None:
    assert client_address("10.0.0.1", ["203.0.113.7"], NONE) == "10.0.0.1"


@given(address=st.ip_addresses())
def test_an_address_belongs_to_the_whole_internet(address: object) -> None:
    everywhere = Networks(["0.0.0.0/0", "::/0"])
    assert belongs(client_address(str(address), [], NONE), everywhere)


def test_belonging() -> None:
    assert belongs("127.0.0.1", Networks(["127.0.0.0/8"]))
    assert belongs(client_address("::1", [], NONE), Networks(["::1/128"]))
    assert not belongs("203.0.113.7", Networks(["127.0.0.0/8", "::1/128"]))
    assert not belongs(UNKNOWN, Networks(["0.0.0.0/0", "::/0"]))


@pytest.mark.parametrize(
    ("address", "holder"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:0:1:aaaa:bbbb:cccc:dddd", "2001:db8:0:1::/64"),
        (UNKNOWN, UNKNOWN),
    ],
)
def test_a_whole_ipv6_network_is_counted_as_one(address: str, holder: str) -> None:
    assert holder_of(address) == holder
