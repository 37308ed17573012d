"""Which push services are called, and whom they may ask."""

from config.settings.given import given

PUSH_SERVICES = given.push_services if given.push else []
PUSH_CONTACT = given.push_contact or given.base_url
