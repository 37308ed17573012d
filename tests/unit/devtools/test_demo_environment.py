"""What the demo tells its processes."""

from devtools.demo.run import environment


def test_what_is_given_stays() -> None:
    told = environment({"VISOR_PORT": "9000", "VISOR_LOG_LEVEL": "DEBUG"})
    assert (told["VISOR_BASE_URL"], told["VISOR_LOG_LEVEL"]) == ("http://localhost:9000", "DEBUG")


def test_the_settings_of_whoever_starts_it_do_not() -> None:
    assert environment({"DJANGO_SETTINGS_MODULE": "x.y"})["DJANGO_SETTINGS_MODULE"] == "config.settings"
