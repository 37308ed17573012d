"""What a release is made of, as CycloneDX says it: every locked package, and every network."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.contact import OrganizationalContact
from cyclonedx.model.license import DisjunctiveLicense, License
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from deploy.release.locked import Package
from deploy.release.networks import Network

_ALGORITHMS: Final = {"SHA-256": HashAlgorithm.SHA_256, "SHA-512": HashAlgorithm.SHA_512}


def bill(version: str, made_at: datetime, packages: Iterable[Package], networks: Iterable[Network]) -> str:
    """Return the bill as JSON, the same for the same release."""
    visor = Component(name="visor", version=version, type=ComponentType.APPLICATION, bom_ref="visor")
    parts = [*map(_package, packages), *map(_network, networks)]
    made = Bom(
        components=parts,
        metadata=BomMetaData(component=visor, timestamp=made_at),
        serial_number=uuid5(NAMESPACE_URL, f"visor/{version}/{made_at.isoformat()}"),
    )
    made.register_dependency(visor, parts)
    return str(JsonV1Dot6(made).output_as_string(indent=1)) + "\n"


def _package(one: Package) -> Component:
    address = PackageURL(one.ecosystem, *_named(one))
    return Component(
        name=one.name,
        version=one.version,
        type=ComponentType.LIBRARY,
        purl=address,
        bom_ref=str(address),
        hashes=[HashType(alg=_ALGORITHMS[one.algorithm], content=each) for each in one.hashes],
        licenses=list(_licences(one.licence)),
        scope=ComponentScope.REQUIRED if one.is_carried else ComponentScope.EXCLUDED,
    )


def _network(one: Network) -> Component:
    return Component(
        name=one.path,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=one.path,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one.sha256)],
        licenses=list(_licences(one.licence)),
        authors=[OrganizationalContact(name=one.made_by)],
        scope=ComponentScope.REQUIRED,
    )


def _named(one: Package) -> tuple[str | None, str, str]:
    namespace, _, name = one.name.rpartition("/")
    return namespace or None, name, one.version


def _licences(said: str) -> Iterator[License]:
    if said:
        yield DisjunctiveLicense(name=said)
