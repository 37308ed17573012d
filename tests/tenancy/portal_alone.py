"""The routes of a process that plays the portal's role and no other, for ROOT_URLCONF."""

from django.urls import include, path

from config import errors, roles

urlpatterns = [path(prefix, include(module)) for prefix, module in roles.routes(["portal"])]
handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
