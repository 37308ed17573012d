"""Routes of the team."""

from django.urls import path

from portal.team import views

urlpatterns = [
    path("", views.team_list, name="team"),
    path("roles/", views.roles, name="team-roles"),
    path("invite/", views.invite, name="team-invite"),
    path("invitations/<str:invitation>/withdraw/", views.withdraw, name="team-withdraw"),
    path("<int:membership>/", views.detail, name="team-member"),
    path("<int:membership>/role/", views.set_role, name="team-role"),
    path("<int:membership>/disable/", views.disable, name="team-disable"),
    path("<int:membership>/enable/", views.enable, name="team-enable"),
    path("<int:membership>/remove/", views.remove, name="team-remove"),
    path("<int:membership>/anew/", views.start_anew, name="team-anew"),
]
