"""The team: who has a role in the tenant. How a user signs in is the portal's."""

from django.contrib.auth.base_user import AbstractBaseUser

from authsvc.audit.services import record
from authsvc.audit.tags import Tag
from authsvc.management.acting import act
from authsvc.management.actors import Actor
from authsvc.tenancy.memberships.models import Membership
from authsvc.tenancy.roles import Role
from authsvc.tenancy.scope import current_tenant_id


@act
def admit(*, by: Actor, user: AbstractBaseUser, role: str) -> Membership:
    """Give a user a role in the tenant; raises ValueError for an unknown one, IntegrityError for a second."""
    role = Role(role).value
    membership = Membership.objects.create(user_id=user.pk, tenant_id=current_tenant_id(), role=role)
    record(Tag.ADMIN_INVITED, actor=by.name, administrator=user.get_username(), role=role)
    return membership
