"""Django's applications have labels of their own."""

from django.apps import apps


def test_labels_are_unique_and_none_of_ours_is_called_sessions() -> None:
    ours = [
        config
        for config in apps.get_app_configs()
        if config.name.split(".")[0] in {"config", "authsvc", "portal", "rp", "devtools"}
    ]
    labels = [config.label for config in ours]
    assert len(labels) == len(set(labels))
    assert "sessions" not in labels
