"""A Django site with one view that answers nothing: the measure for what is served from memory."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

from benchmarks.sides.counting import counted

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, SECRET_KEY="none", LOGGING_CONFIG=None)  # noqa: S106


def empty(request: HttpRequest) -> HttpResponse:
    """Answer nothing."""
    return HttpResponse()


urlpatterns = [path("empty", empty)]
# Counted like the other Django sites, so that counting slows none of them alone.
application = counted(get_wsgi_application())
