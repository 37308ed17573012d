"""The Django project and the screens people administer with."""
