"""Which process this is, and where it keeps its files."""

from config.settings.given import given
from config.variables import ROOT

BASE_DIR = ROOT
ENVIRONMENT = given.environment
PRODUCTION = ENVIRONMENT == "production"
ROLES = given.roles
DATA_DIR = given.data_dir
SECRETS_FILE = given.secrets_file or DATA_DIR / "secrets.json"
BASE_URL = given.base_url
DEBUG = False
SIMULATOR_ENABLED = given.simulator
CUE_SHARE = given.cue_share
SANDBOX_AUTHENTICATOR_ENABLED = given.sandbox_authenticator
PHOTOS_DIR = given.photos
ALLOW_LOOPBACK_FETCH = False
