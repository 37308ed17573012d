"""Every variable of Visor's environment, a class a subject: type, default, meaning, value in production.

A field `base_url` is the variable VISOR_BASE_URL. `in_production` is the default there, REQUIRED where there
is none; what production refuses besides stands in config/safety.py. `shown` says a default in words where it
is computed, or differs between machines. docs/settings.md is written from these classes.
"""

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import NoDecode

from authsvc.core.components import POOL, Component, is_name, read_components
from authsvc.limits.register import read_numbers
from config.roles import ROLES, Role

ROOT: Final = Path(__file__).resolve().parent.parent
REQUIRED: Final = "required"
IN_PRODUCTION: Final = "in_production"
SHOWN: Final = "shown"
_SAME: Final = object()


def variable(
    default: Any, description: str, *, in_production: Any = _SAME, shown: str = "", secret: bool = False
) -> Any:
    """Describe a variable; a `secret` one stays out of what is printed."""
    said = {} if in_production is _SAME else {IN_PRODUCTION: in_production}
    said |= {SHOWN: shown} if shown else {}
    return Field(default, description=description, json_schema_extra=said, repr=not secret)


def extra(field: FieldInfo, name: str, default: Any = None) -> Any:
    """Return what `variable` noted beside pydantic's own: IN_PRODUCTION or SHOWN."""
    noted = field.json_schema_extra
    return noted.get(name, default) if isinstance(noted, dict) else default


def _words(given: object) -> object:
    if not isinstance(given, str):
        return given
    return [word.strip() for word in given.split(",") if word.strip()]


def _address(given: object) -> object:
    return given.rstrip("/") if isinstance(given, str) else given


def _lower(given: object) -> object:
    return given.lower() if isinstance(given, str) else given


def _parts(given: object) -> object:
    return read_components(given) if isinstance(given, str) else given


def _numbers(given: object) -> object:
    return read_numbers(given) if isinstance(given, str) else given


def _pool(name: str) -> str:
    if not is_name(name):
        raise ValueError("must be of small letters, digits and hyphens")
    return name


Words = Annotated[list[str], NoDecode, BeforeValidator(_words)]
Roles = Annotated[list[Role], NoDecode, BeforeValidator(_words)]
Address = Annotated[str, BeforeValidator(_address)]
Sha256 = Annotated[str, BeforeValidator(_lower)]
Share = Annotated[float, Field(ge=0, le=1)]
Parts = Annotated[tuple[Component, ...], NoDecode, BeforeValidator(_parts)]
Numbers = Annotated[dict[str, int], NoDecode, BeforeValidator(_numbers)]
Pool = Annotated[str, AfterValidator(_pool)]


class Process(BaseModel):
    """The process"""

    environment: Literal["local", "test", "production"] = variable(
        "local",
        "Which settings: `local` is one machine, over http, with the developers' tools; `production` refuses "
        "to start with anything unsafe.",
    )
    roles: Roles = variable(
        list(ROLES),
        "What the process is: `web`, `provider` (scheduled work), `worker`, `portal`, or on one machine "
        "several with commas. In production a process without a role is a command of manage.py alone: it "
        "knows every table and holds no keys.",
        in_production=[],
    )
    data_dir: Path = variable(
        ROOT / "var", "The folder of the process's own files.", shown="`var` beside manage.py"
    )
    secrets_file: Path | None = variable(
        None,
        "The secrets file that `manage.py generate_secrets` writes; a process reads its roles' sections.",
        shown="`secrets.json` in VISOR_DATA_DIR",
    )
    static_root: Path = variable(
        ROOT / "build" / "collected",
        "The folder that `manage.py collectstatic` fills with pages' files; web and portal need it.",
        shown="`build/collected` beside manage.py",
    )
    log_level: str = variable("INFO", "The least severe messages that are logged: `DEBUG` to `CRITICAL`.")
    operators: Words = variable(
        [],
        "E-mail addresses, with commas, of the portal's users who run this installation: they create, "
        "suspend and resume organisations and see its health, at /platform/.",
    )
    admin_password: SecretStr | None = variable(
        None, "The password that `manage.py create_admin` gives, instead of asking for one.", secret=True
    )


class Watching(BaseModel):
    """What says how the installation is (docs/monitoring.md)"""

    watch_address: str = variable(
        "",
        "Where this process answers probes (`/live`, `/serving`, `/ready`) and Prometheus (`/metrics`), as "
        "`127.0.0.1:9400`: a port of its own for each, which only the machine's or the cluster's own network "
        "reaches; nowhere without it.",
        shown="none",
    )
    log_format: Literal["plain", "json"] = variable(
        "plain",
        "How lines of the process log are written: `plain` for people, `json` for programs.",
        in_production="json",
    )
    trace_url: Address = variable(
        "",
        "The address to which traces are sent (OTLP over HTTP, as `http://127.0.0.1:4318/v1/traces`); none "
        "are made without it. Needs the packages of requirements/tracing.txt.",
        shown="none",
    )


class Addresses(BaseModel):
    """Addresses, and the proxy before the process"""

    base_url: Address = variable(
        "http://localhost:8000", "The address that people and relying parties see.", in_production=REQUIRED
    )
    allowed_hosts: Words = variable(
        [],
        "The installation's own host names, with commas; tenants' come beside them.",
        shown="the host of VISOR_BASE_URL",
    )
    ssl_redirect: bool = variable(True, "Send http requests to https; never in `local` and `test`.")
    behind_proxy: bool = variable(
        False,
        "A proxy ends TLS, sets X-Forwarded-Proto, and drops a visitor's own. Without such a proxy visitors "
        "could claim https.",
    )
    trusted_proxies: Words = variable(
        [],
        "IP addresses, with commas, of proxies whose Client-Cert header (RFC 9440) is believed; `unix` for "
        "one that comes by a socket of this machine's files.",
    )
    proxy_count: Annotated[int, Field(ge=0, le=9)] = variable(
        0,
        "How many proxies add the visitor's address to X-Forwarded-For; the last that many are believed. "
        "Limits by address go by it, so none of them tells people behind a proxy apart where it is 0.",
    )


class Mail(BaseModel):
    """Mail to administrators and people"""

    email_backend: str = variable(
        "django.core.mail.backends.console.EmailBackend",
        "Django's back end that sends mail. In production none that shows mails: they hold links that open "
        "accounts.",
        in_production="django.core.mail.backends.smtp.EmailBackend",
    )
    mail_host: str = variable("", "The SMTP server that takes mail.")
    mail_port: int = variable(587, "Its port.")
    mail_user: str = variable("", "The user to give it; none where it knows this host.")
    mail_password: SecretStr | None = variable(
        None, "The user's password; better in a file, named by VISOR_MAIL_PASSWORD_FILE.", secret=True
    )
    mail_tls: Literal["starttls", "implicit", "none"] = variable(
        "starttls", "How the connection is encrypted: by STARTTLS, from its first byte (port 465), or not."
    )
    mail_from: str = variable("Visor <visor@localhost>", "Whom mails say that they are from.")


class Pushes(BaseModel):
    """Pushes to people's devices (docs/reaching-people.md)"""

    push: bool = variable(
        True, "Tell people by pushes to their devices what waits for them; without it by mail alone."
    )
    push_services: Words = variable(
        ["fcm.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com"],
        "Hosts, with commas, of the push services that browsers may name, each with the hosts below it; "
        "no other is called.",
    )
    push_contact: str = variable(
        "",
        "Where a push service reaches the operator, `mailto:` or https (RFC 8292 section 2.1).",
        shown="VISOR_BASE_URL",
    )


class Storage(BaseModel):
    """Database and queue"""

    database_url: str | None = variable(
        None,
        "The database, as dj-database-url writes it; parameters go to the driver (`?sslmode=verify-full`, "
        "and `&sslcert=…&sslkey=…` for a client certificate). Where it names no user, each process "
        "connects as `visor_` and its role, a command without one as `visor_migrator`, by the password in "
        "its secrets file. No pooler may stand before it.",
        in_production=REQUIRED,
        shown="SQLite in VISOR_DATA_DIR",
        secret=True,
    )
    broker_url: str = variable(
        "embedded://localhost",
        "Celery's broker; `embedded://localhost` keeps messages as files in VISOR_DATA_DIR. "
        "`rediss://…?ssl_cert_reqs=required&ssl_certfile=…&ssl_keyfile=…` for a client certificate; "
        "`sentinel://:PASSWORD@ONE:26379/0;sentinel://TWO:26379?master=NAME` for the master that Sentinel "
        "names (docs/operations.md).",
        in_production=REQUIRED,
        secret=True,
    )
    cache_url: str | None = variable(
        None,
        "The Redis server in which processes count together how often something was tried; named as the "
        "broker is.",
        shown="that of VISOR_BROKER_URL; where that is none, the database",
        secret=True,
    )
    limits: Numbers = variable(
        {},
        "Other numbers for limits, `name=most` with commas (docs/operations.md); what guards somebody is "
        "only lowered.",
        shown="those of the list",
    )


class KeyPlaces(BaseModel):
    """The key service: keys and counters that are no part of the database (docs/keys.md)"""

    key_service: Literal["file", "pkcs11", "transit"] = variable(
        "file",
        "Where keys lie: `file`, a folder of one machine; `pkcs11`, a security module; `transit`, a service "
        "with Vault's interface.",
    )
    key_store: Path | None = variable(
        None,
        "The folder of keys and counters; on a file system of its own, away from the database's backups.",
        shown="`keys` in VISOR_DATA_DIR",
    )
    pkcs11_module: Path | None = variable(None, "The library of the security module.")
    pkcs11_token: str = variable("visor", "The label of the module's token (its partition).")
    pkcs11_pin: SecretStr | None = variable(None, "The PIN of the token's user.", secret=True)
    transit_url: Address = variable("", "The address of the transit service, https, without a path.")
    transit_token: SecretStr | None = variable(
        None, "The token of this process's role with the transit service.", secret=True
    )
    transit_ca: Path | None = variable(
        None, "The certificate authorities of the transit service, as PEM.", shown="the machine's own"
    )


class References(BaseModel):
    """Where references lie (docs/reference-store.md)"""

    reference_store: Literal["database", "objects"] = variable(
        "database",
        "Where new references come to lie: in the `database`, or in a store of `objects` with the interface "
        "of S3. The same in every process.",
    )
    objects_url: Address = variable(
        "", "The address of the object store, https, without a path. The same in every process."
    )
    objects_bucket: str = variable("visor", "The bucket, which is there already.")
    objects_region: str = variable("us-east-1", "The region by which its requests are signed.")
    objects_access_key: str = variable("", "The name of the key with the object store; for workers alone.")
    objects_secret_key: SecretStr | None = variable(
        None,
        "The key itself; better in a file, named by VISOR_OBJECTS_SECRET_KEY_FILE; for workers alone.",
        secret=True,
    )
    objects_ca: Path | None = variable(
        None, "The certificate authorities of the object store, as PEM.", shown="the machine's own"
    )


class Log(BaseModel):
    """The audit log (docs/audit.md)"""

    log_name: str = variable(
        "",
        "What the log calls itself, a host's name and more: each organisation's is below it. Whoever keeps a "
        "receipt knows the log by it, so it stays when addresses change.",
        shown="host and port of VISOR_BASE_URL",
    )
    checkpoint_key_file: Path | None = variable(
        None,
        "The file with the key that signs checkpoints (`sequencer.json` of `generate_secrets --split`); "
        "for `provider` alone.",
        shown="VISOR_SECRETS_FILE; none in production",
    )
    log_anchor: Path | None = variable(
        None,
        "A folder in which scheduled work keeps every checkpoint, and in which the database's owner and its "
        "administrators cannot write.",
        shown="`checkpoints` in VISOR_DATA_DIR; none in production",
    )
    log_witness: Address = variable(
        "", "The address of a witness (c2sp.org/tlog-witness), https, to which checkpoints are shown."
    )
    log_witness_key: str = variable("", "The witness's public key, as a signed note writes it.")


class Components(BaseModel):
    """What the installation is made of (docs/assurance.md)"""

    components: Parts = variable(
        (),
        'The level that each part carries at most, and its region, the same in every process: `{"provider": '
        '{"grade": "L2", "region": "eu-central"}, "worker:default": {"grade": "L2"}, …}`. Parts are '
        "`provider`, `store`, `objects`, `keys`, `push`, `mail`, and `worker:` with a pool. What is not "
        "declared carries L2 and is in no region.",
    )
    worker_pool: Pool = variable(POOL, "The pool of a worker: its name in VISOR_COMPONENTS.")


class Faces(BaseModel):
    """The face network (docs/engines.md)"""

    face_engine: str = variable("sface", "The network: `sface`, `dlib_onnx`, `dlib`, or `onnx` for your own.")
    face_finder: Literal["mesh", "dlib"] = variable(
        "mesh", "What finds, follows and aligns faces: `mesh`, BlazeFace and FaceMesh, or `dlib`."
    )
    models: Path = variable(
        ROOT / "build" / "models",
        "The folder of the networks that `make models` fetches, for `mesh`.",
        shown="`build/models` beside manage.py",
    )
    passive_liveness: bool = variable(
        False,
        "Ask a network of unknown training how alive single pictures look (docs/engines.md); needs "
        "`python -m deploy.passive`.",
    )
    face_model: str = variable("", "Path of the ONNX file of an own network.")
    face_model_sha256: Sha256 = variable("", "Its SHA-256; any other content is refused.")
    face_model_crop: Literal["arcface", "dlib"] = variable(
        "arcface", "`arcface`: 112×112, aligned on eyes, nose and mouth; `dlib`: 150×150."
    )
    face_model_layout: Literal["nchw", "nhwc"] = variable("nchw", "Order of the axes of its input.")
    face_model_colours: Literal["rgb", "bgr"] = variable("rgb", "Order of its colours.")
    face_model_mean: float = variable(
        127.5, "A value x of a pixel becomes (x − mean) / divisor; a network of uint8 takes x itself."
    )
    face_model_divisor: float = variable(127.5, "See VISOR_FACE_MODEL_MEAN; positive.")
    face_model_apart: float = variable(
        0.78, "Distance, 0 to 2, from which on two groups of frames of one burst are rather two people."
    )
    model_cache: Path | None = variable(
        None, "The folder of converted networks.", shown="`.cache/visor/models` in the user's home"
    )


class Sandbox(BaseModel):
    """What only sandbox tenants may use"""

    simulator: bool = variable(
        True, "Accept captures of the software phone, in sandbox tenants.", in_production=False
    )
    cue_share: Share = variable(
        1.0, "Share of its cues' time that an answer takes at least; tests of a whole product take less."
    )
    sandbox_authenticator: bool = variable(
        True,
        "Offer developers of relying parties plain forms in place of the capture page, in sandbox tenants.",
        in_production=False,
    )


class Tools(BaseModel):
    """Demo, tests and benchmarks"""

    port: int | None = variable(None, "Port of the server in `make demo`.", shown="8000")
    photos: Path = variable(
        ROOT / "build" / "photos", "The folder of photographs.", shown="`build/photos` beside manage.py"
    )
    test_database_url: str | None = variable(
        None, "The database of a test run, in VISOR_DATABASE_URL's place.", secret=True
    )
    test_redis_url: str | None = variable(None, "The Redis server of a test run.", secret=True)
    chromium: Path | None = variable(None, "The browser that tests drive.", shown="the machine's own")


SUBJECTS: Final[tuple[type[BaseModel], ...]] = (
    *(
        Process,
        Watching,
        Addresses,
        Mail,
        Pushes,
        Storage,
        KeyPlaces,
        References,
        Log,
        Components,
        Faces,
        Sandbox,
        Tools,
    ),
)
