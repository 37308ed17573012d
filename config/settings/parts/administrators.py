"""Administrators: who they are, how they sign in (django-allauth), how long a session lasts."""

from datetime import timedelta

from config.settings.given import given

if "portal" in given.roles or not given.roles:
    # Elsewhere nobody administers: the model, and the field component of forms, are not installed.
    AUTH_USER_MODEL = "accounts.User"
    FORM_RENDERER = "portal.ui.forms.FormRenderer"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ADMIN_PASSWORD = given.admin_password

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/portal/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
# Whoever has no account gets no mail: the form would let anybody write to strangers.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
MFA_ADAPTER = "portal.accounts.adapter.MfaAdapter"
MFA_FORMS = {"add_webauthn": "portal.accounts.forms.AddPasskeyForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
PORTAL_SESSION_IDLE = timedelta(hours=1)
