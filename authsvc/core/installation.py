"""Which of the declared parts of the installation this process is and uses (VISOR_COMPONENTS)."""

from django.conf import settings

from authsvc.core.components import Component, ComponentKind


def own(*kinds: ComponentKind) -> tuple[Component, ...]:
    """Return the declared parts of these kinds; of workers it is the pool of this one."""
    return tuple(each for each in settings.COMPONENTS if each.kind in kinds and _is_ours(each))


def region_of(kind: ComponentKind) -> str:
    """Return the region of a part of this process, "" where none is named."""
    return next((each.region for each in own(kind)), "")


def away_from(region: str) -> str:
    """Return which of the places where references lie are not in a region, in words; "" where all are.

    A place of which no region is named is in none.
    """
    places = {"the store": region_of("store"), "the key service": region_of("keys")}
    if settings.OBJECTS["url"]:
        places["the object store"] = region_of("objects")
    away = {place: found for place, found in places.items() if found != region}
    return " and ".join(f"{place} is in {found or 'no named region'}" for place, found in away.items())


def _is_ours(component: Component) -> bool:
    if component.kind == "objects":
        return bool(settings.OBJECTS["url"])
    return component.kind != "worker" or component.name == settings.WORKER_POOL
