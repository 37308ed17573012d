"""Administrators: who they are, how they sign in (django-allauth), how long a session lasts."""

from datetime import timedelta

from config.settings.given import given

if "portal" in given.roles or not given.roles:
    # Elsewhere nobody administers: the model, and the field component of forms, are not installed.
    AUTH_USER_MODEL = "accounts.User"
    FORM_RENDERER = "portal.ui.forms.FormRenderer"
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "portal.single_sign_on.backend.ProviderBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
# Who sees the platform's screens: said here and not in the database, where whoever writes could be anybody.
OPERATORS = frozenset(address.lower() for address in given.operators)
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
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# What may be tried how often is said in portal/accounts/tries.py: these would count passkeys too, or lock
# everybody behind one address.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None}
MFA_RATE_LIMITS = {"webauthn_login": None}
SESSION_ENGINE = "portal.accounts.sessions"
MFA_ADAPTER = "portal.accounts.adapter.MfaAdapter"
ACCOUNT_FORMS = {
    "login": "portal.accounts.forms.SignInForm",
    "reauthenticate": "portal.accounts.forms.PasswordAgainForm",
    "change_password": "portal.accounts.forms.OtherPasswordForm",
    "reset_password": "portal.accounts.forms.ForgottenForm",
    "reset_password_from_key": "portal.accounts.forms.PasswordByLinkForm",
}
MFA_FORMS = {
    "activate_totp": "portal.accounts.forms.AppForm",
    "edit_webauthn": "portal.accounts.forms.RenamePasskeyForm",
    "add_webauthn": "portal.accounts.forms.AddPasskeyForm",
    "authenticate": "portal.accounts.forms.CodeForm",
    "reauthenticate": "portal.accounts.forms.CodeAgainForm",
    "login_webauthn": "portal.accounts.forms.PasskeyForm",
    "authenticate_webauthn": "portal.accounts.forms.PasskeyAsSecondForm",
    "reauthenticate_webauthn": "portal.accounts.forms.PasskeyAgainForm",
}
# Recovery codes are the portal's own (portal/accounts/recovery.py).
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
PORTAL_SESSION_IDLE = timedelta(hours=1)
