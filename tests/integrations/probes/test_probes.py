"""Probes look at real servers on loopback: one plain, one with a certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from integrations.errors import Refused
from integrations.meter import IoOutsideStep, Meter, metered
from integrations.probes import Probe, Probes

HOST = "status.acme.example"
ENDS = datetime(2100, 1, 2, 3, 4, 5, tzinfo=UTC)
OK = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n"


@asynccontextmanager
async def served(answer: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Answer every request on a loopback port with the same bytes; none means silence."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            if not answer:
                await reader.read()
            writer.write(answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the probe went away, as it may
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


def addresses(*found: str) -> Callable[[str, int], "asyncio.Future[list[str]]"]:
    """Return a resolver that knows one answer."""

    def resolve(host: str, port: int) -> "asyncio.Future[list[str]]":
        known: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        known.set_result(list(found))
        return known

    return resolve


def local(port: int, tls: ssl.SSLContext | None = None, patience: float = 30.0) -> Probes:
    """Return probes that may look at one loopback port, under a name of its own."""
    return Probes(
        [],
        private=[f"{HOST}:{port}"],
        resolver=addresses("127.0.0.1"),
        tls=tls,
        patience=patience,
    )


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a key and a certificate for `HOST` that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(ENDS)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(HOST), x509.IPAddress(ip_address("::1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + signed.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    """Return what the server presents."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.mark.parametrize("status", [200, 301, 404, 503])
async def test_any_status_is_a_result(status: int) -> None:
    """An endpoint that answers is measured, also where it says that it is broken."""
    answer = f"HTTP/1.1 {status} X\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n".encode()
    meter = Meter()
    with metered(meter):
        async with served(answer) as port:
            probe = await local(port).probe(f"http://{HOST}:{port}/health?deep=1")
    assert (probe.status, probe.error, probe.certificate_expires_at) == (status, "", None)
    assert probe.latency_ms is not None
    assert meter.calls == {"probes": 1}


async def test_the_certificate_s_end_is_read(certificate: Path, server_tls: ssl.SSLContext) -> None:
    """It comes from the connection that was measured, checked against the name."""
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with served(OK, server_tls) as port:
        probe = await local(port, trusting).probe(f"https://{HOST}:{port}/")
    assert (probe.status, probe.certificate_expires_at) == (204, ENDS)


async def test_a_certificate_that_nobody_vouches_for_is_a_result(
    server_tls: ssl.SSLContext,
) -> None:
    """The reason is TLS's own."""
    async with served(OK, server_tls) as port:
        probe = await local(port).probe(f"https://{HOST}:{port}/")
    assert probe.status is None
    assert "certificate is not accepted" in probe.error


async def test_a_server_that_is_down_is_a_result() -> None:
    """Nobody listens, nobody answers, or what comes is no HTTP: three reasons."""
    async with served(OK) as port:
        pass
    closed = await local(port).probe(f"http://{HOST}:{port}/")
    assert closed.error == "it cannot be reached"
    async with served(b"") as port:
        silent = await local(port, patience=0.05).probe(f"http://{HOST}:{port}/")
    assert silent.error == "it did not answer in time"
    async with served(b"hello\r\n\r\n") as port:
        odd = await local(port).probe(f"http://{HOST}:{port}/")
    assert odd.error == "the connection broke"
    for probe in (closed, silent, odd):
        assert (probe.status, probe.latency_ms) == (None, None)


async def test_a_name_that_nobody_knows_is_a_result() -> None:
    """A missing DNS entry is what a probe is there to see."""
    url = f"https://{HOST}/"
    probe = await Probes([HOST], resolver=addresses()).probe(url)
    assert probe == Probe(url, error="nobody knows its name")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        f"https://{HOST}.evil.example/",
        f"https://evil.example/{HOST}",
        f"https://{HOST}:8443/",
        f"https://{HOST}@evil.example/",
        f"https://user:pass@{HOST}/",
        f"ftp://{HOST}/",
        "file:///etc/passwd",
        "",
        "https://[",
        f"https://{HOST}:99999/",
    ],
)
async def test_only_listed_endpoints_are_probed(url: str) -> None:
    """Anything else is refused before a name is resolved."""

    def never(host: str, port: int) -> "asyncio.Future[list[str]]":
        raise AssertionError(host)

    with pytest.raises(Refused):
        await Probes([f"{HOST}:443"], resolver=never).probe(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.5",
        "169.254.169.254",
        "::1",
        "fe80::1%eth0",
        "::ffff:10.0.0.1",
        "fd00::1",
        "192.168.0.1",
        "224.0.0.1",
    ],
)
async def test_a_listed_name_does_not_open_the_inner_network(address: str) -> None:
    """Whoever owns the name can point it at a service of ours."""
    probes = Probes([HOST], resolver=addresses("203.0.114.9", address))
    with pytest.raises(Refused, match="private network"):
        await probes.probe(f"https://{HOST}/")


async def test_a_probe_needs_a_step() -> None:
    """Between steps a flow cannot reach for an endpoint."""
    with metered(Meter(reads=False)), pytest.raises(IoOutsideStep):
        await Probes([HOST], resolver=addresses()).probe(f"https://{HOST}/")


async def test_names_are_resolved_by_the_system() -> None:
    """Without a resolver of its own, loopback has its usual address."""
    async with served(OK) as port:
        probe = await Probes([], private=["127.0.0.1"]).probe(f"http://127.0.0.1:{port}/")
    assert probe.status == 204
    unknown = await Probes(["no-such-host.invalid"]).probe("http://no-such-host.invalid/")
    assert unknown.error == "nobody knows its name"


async def test_the_longest_wait_holds_for_the_name_as_well() -> None:
    """A name server that is silent is a result too."""

    async def slow(host: str, port: int) -> list[str]:
        never: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
        return await never

    probe = await Probes([HOST], resolver=slow, patience=0.05).probe(f"https://{HOST}/")
    assert probe.error == "its name could not be resolved in time"


async def test_the_list_is_the_one_of_now() -> None:
    """What was taken off it, in whichever process, is refused; what was put on it is not."""
    hosts: set[str] = set()

    async def listed() -> tuple[set[str], set[str]]:
        return hosts, set()

    probes = Probes(listed=listed, resolver=addresses())
    url = f"https://{HOST}/"
    with metered(Meter(reads=True, writes=False)):
        with pytest.raises(Refused, match="not on the list"):
            await probes.probe(url)
        hosts.add(HOST)
        assert await probes.probe(url) == Probe(url, error="nobody knows its name")
        hosts.clear()
        with pytest.raises(Refused, match="not on the list"):
            await probes.probe(url)


@pytest.mark.parametrize(
    ("found", "inside"),
    [
        (["10.0.0.7"], True),
        (["93.184.215.14", "::1"], True),
        (["93.184.215.14"], False),
        ([], False),
    ],
)
async def test_a_private_network_is_recognised(found: list[str], inside: bool) -> None:
    """One inner address is enough; a name that nobody knows has none."""
    assert await Probes(resolver=addresses(*found)).is_inside(f"https://{HOST}/") is inside


async def test_a_name_that_takes_too_long_tells_nothing() -> None:
    """Each probe looks again, and refuses what is inside by then."""

    def resolve(host: str, port: int) -> "asyncio.Future[list[str]]":
        return asyncio.get_running_loop().create_future()

    assert not await Probes(resolver=resolve, patience=0.01).is_inside(f"https://{HOST}/")
    with pytest.raises(Refused, match="Write the address as https"):
        await Probes().is_inside("ftp://acme.example")
