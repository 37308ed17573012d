"""Where mail goes."""

from config.settings.given import given

EMAIL_BACKEND = given.email_backend
EMAIL_HOST = given.mail_host
EMAIL_PORT = given.mail_port
EMAIL_HOST_USER = given.mail_user
EMAIL_HOST_PASSWORD = given.mail_password.get_secret_value() if given.mail_password else ""
EMAIL_USE_TLS = given.mail_tls == "starttls"
EMAIL_USE_SSL = given.mail_tls == "implicit"
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = SERVER_EMAIL = given.mail_from
