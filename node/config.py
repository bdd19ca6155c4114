"""The settings of one node: `fednode.toml`, FEDNODE_* environment variables and flags, checked as one value.

A flag beats the environment, the environment beats the file, the file beats the default. Nothing about training or
aggregation lives here (that is the guideline's), and no secret does: the config names the keystore and, if there is
one, the file that holds its password. Whether the named files exist and who may read them is checked where they are
opened.
"""

import difflib
import ipaddress
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast, get_origin
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, ValidationInfo
from pydantic.fields import FieldInfo

from node.errors import ConfigError

__all__ = [
    "CONFIG_LIMIT",
    "ChainConfig",
    "Config",
    "DataConfig",
    "KeystoreConfig",
    "ModelsConfig",
    "Role",
    "StoreConfig",
    "config_keys",
    "environment_name",
    "load_config",
    "render_config",
]

CONFIG_LIMIT = 64 * 1024  # bytes
PREFIX = "FEDNODE_"
OTHER_VARIABLES = frozenset({"FEDNODE_CACHE", "FEDNODE_CONFIG", "FEDNODE_TORCH_INDEX"})  # of the scripts and the CLI
SECRET_WORDS = re.compile(r"(password|passphrase|private_key|mnemonic|secret)$")

Role = Literal["trainer", "validator"]


def _resolve(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str | Path) or not str(value).strip():
        raise ValueError("must be a path")
    try:
        return cast(Path, (info.context or {}).get("base", Path())) / Path(value).expanduser()
    except RuntimeError as error:
        raise ValueError(f"the home directory is not known ({error})") from error


_Path = Annotated[Path, BeforeValidator(_resolve)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ChainConfig(_Strict):
    """Where the chain is, and which chain it must be."""

    url: str = Field(pattern=r"^https?://[^\s/]+\S*$", max_length=1000)
    id: int = Field(ge=1, le=2**53)


class KeystoreConfig(_Strict):
    """The operator's key file, and optionally the file with its password; without one the password is asked for."""

    path: _Path
    password_file: _Path | None = None


class StoreConfig(_Strict):
    """The content store. `private` is the operator's word that only members of the federation can read it."""

    kind: Literal["local", "ipfs"] = "local"
    path: _Path | None = None
    address: str = Field(default="/ip4/127.0.0.1/tcp/5001", max_length=300)
    allow_remote: bool = False
    private: bool = False


class DataConfig(_Strict):
    """The private code a trainer learns from: directories, a folder of task data or one installed package, and what of
    directories or the package is cleared.
    """

    directories: tuple[_Path, ...] = Field(default=(), max_length=1000)
    built: _Path | None = None
    package: str | None = Field(default=None, pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", max_length=200)
    clearance: _Path | None = None


class ModelsConfig(_Strict):
    """Where base models lie that this machine shall not, or cannot, download: `directory`/`hub id` is one's folder."""

    directory: _Path | None = None


class Config(_Strict):
    """Everything one node is told by its operator. Paths are absolute."""

    federation: _Path = Field(default=Path("federation.json"), validate_default=True)
    roles: tuple[Role, ...] = Field(default=("trainer", "validator"), min_length=1, max_length=2)
    work_directory: _Path = Field(default_factory=lambda: user_data_path("fednode"))
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    poll_seconds: float = Field(default=2.0, gt=0, le=600, allow_inf_nan=False)
    torch_threads: int = Field(default=1, ge=1, le=256)
    device: Literal["cpu", "cuda"] = "cpu"
    allow_public_updates: bool = False
    chain: ChainConfig
    keystore: KeystoreConfig
    store: StoreConfig = StoreConfig()
    data: DataConfig = DataConfig()
    models: ModelsConfig = ModelsConfig()

    @property
    def store_directory(self) -> Path:
        """Where a local store keeps its blocks: `store.path`, or `store` in the work directory."""
        return self.store.path or self.work_directory / "store"

    @property
    def may_publish_updates(self) -> bool:
        """Whether unsealed updates may go to the store: it is private, or the operator accepted the exposure."""
        return self.store.private or self.allow_public_updates


def config_keys() -> tuple[str, ...]:
    """Every key, dotted, in the order of the documentation."""
    return tuple(key for key, _ in _fields(Config))


def environment_name(key: str) -> str:
    """The environment variable of a dotted key: `chain.url` is FEDNODE_CHAIN_URL."""
    return PREFIX + key.replace(".", "_").upper()


def load_config(path: Path | None, environ: Mapping[str, str], overrides: Mapping[str, object]) -> Config:
    """Merge file, environment and flags into one checked `Config`.

    `path` None means no file. `overrides` maps dotted keys to the values of flags; None means the flag was not given,
    text is read like an environment variable. Relative paths start at the file's directory, or at the working directory
    when they come from the environment or a flag. Raises `ConfigError` naming file or variable, key and value.
    """
    source = str(path) if path else "config"
    values = _read_file(path) if path else {}
    values |= _read_environment(environ)
    values |= _read_overrides(overrides)
    base = (path.parent if path else Path()).absolute()
    try:
        config = Config.model_validate(_nest(values), context={"base": base})
    except ValidationError as error:
        from node.guideline import describe_validation  # it brings numpy along

        raise ConfigError(f"{describe_validation(error, source)}\nsee docs/configuration.md for every key") from error
    _check(config, source)
    return config


def render_config(values: Mapping[str, object]) -> str:
    """TOML text for a new `fednode.toml`, from dotted keys and values (text, paths, numbers, booleans, lists).

    Raises `ConfigError` for a key that does not exist.
    """
    lines: list[str] = []
    table = ""
    for key, _ in _fields(Config):
        if key not in values:
            continue
        group, _, name = key.rpartition(".")
        if group != table:
            lines.append(f"\n[{group}]")
            table = group
        lines.append(f"{name} = {_toml(values[key])}")
    for key in values:
        _require_known(key, "new config")
    return "\n".join(lines).lstrip() + "\n"


def _toml(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, Path):
        value = str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _fields(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name, field


def _tables() -> set[str]:
    return {key.partition(".")[0] for key in config_keys() if "." in key}


def _read_file(path: Path) -> dict[str, object]:
    """The file's values by dotted key."""
    try:
        with path.open("rb") as file:
            data = file.read(CONFIG_LIMIT + 1)
        if len(data) > CONFIG_LIMIT:
            raise ConfigError(f"{path}: more than {CONFIG_LIMIT} bytes; give the path of a fednode.toml")
        document = tomllib.loads(data.decode())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); write one with fednode init") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}; correct that line") from error
    return dict(_flatten(document, str(path)))


def _flatten(document: Mapping[str, Any], source: str) -> Iterator[tuple[str, object]]:
    for name, value in document.items():
        if name not in _tables():
            _require_known(name, source)
            yield name, _tuple(value)
        elif not isinstance(value, dict):
            got = str(value)[:80]
            raise ConfigError(f"{source}: {name}: must be a table (got {got!r}); write [{name}] and its keys below")
        else:
            for inner, item in value.items():
                _require_known(f"{name}.{inner}", source)
                yield f"{name}.{inner}", _tuple(item)


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _require_known(key: str, source: str) -> None:
    if key not in (known := config_keys()):
        raise _unknown(key, known, source)


def _unknown(name: str, known: Sequence[str], source: str) -> ConfigError:
    """The refusal of a key or variable that does not exist, with the nearest one that does."""
    if SECRET_WORDS.search(name.lower()):
        return ConfigError(
            f"{source}: {name}: secrets are never config values; name a file that only you can read in "
            f"{known[config_keys().index('keystore.password_file')]}, or type the password when asked"
        )
    near = difflib.get_close_matches(name, known, 1)
    by_last_word = {other.rpartition(".")[2]: other for other in reversed(known)}
    near = near or [by_last_word[word] for word in difflib.get_close_matches(name.rpartition(".")[2], by_last_word, 1)]
    nearest = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return ConfigError(f"{source}: {name}: unknown key; {nearest}")


def _read_environment(environ: Mapping[str, str]) -> dict[str, object]:
    """FEDNODE_* variables by dotted key; an empty one counts as not set."""
    keys = {environment_name(key): key for key in config_keys()}
    values: dict[str, object] = {}
    for name, text in sorted(environ.items()):
        if not name.startswith(PREFIX) or name in OTHER_VARIABLES:
            continue
        if name not in keys:
            raise _unknown(name, tuple(keys), "environment")
        if text:
            values[keys[name]] = _from_text(keys[name], text, name)
    return values


def _read_overrides(overrides: Mapping[str, object]) -> dict[str, object]:
    values: dict[str, object] = {}
    for key, value in overrides.items():
        _require_known(key, "command line")
        if value is not None:
            values[key] = _from_text(key, value, "--" + re.sub(r"[._]", "-", key))
    return values


def _from_text(key: str, value: object, source: str) -> object:
    """The checked value of one key, from text (items of a list separated by commas) or from a Python value."""
    field = dict(_fields(Config))[key]
    kind: Any = field.annotation
    for constraint in field.metadata:
        kind = Annotated[kind, constraint]
    adapter: TypeAdapter[object] = TypeAdapter(kind)
    is_text = isinstance(value, str)
    if isinstance(value, str) and get_origin(field.annotation) is tuple:
        value = tuple(item.strip() for item in value.split(","))
    try:
        return adapter.validate_python(_tuple(value), strict=not is_text, context={"base": Path.cwd()})
    except ValidationError as error:
        problem, got = error.errors(include_url=False)[0], str(value)[:80]
        raise ConfigError(f"{source}: {key}: {problem['msg']} (got {got!r}); see docs/configuration.md") from error


def _nest(values: Mapping[str, object]) -> dict[str, object]:
    nested: dict[str, Any] = {name: {} for name in _tables()}
    for key, value in values.items():
        group, _, name = key.rpartition(".")
        (nested[group] if group else nested)[name] = value
    return nested


def _check(config: Config, source: str) -> None:
    """What no key can say alone."""
    if urlsplit(config.chain.url).username is not None:
        raise ConfigError(f"{source}: chain.url: holds a user name, and secrets are no config values; use another one")
    if len(set(config.roles)) < len(config.roles):
        raise ConfigError(f"{source}: roles: the same role twice (got {list(config.roles)}); name each once")
    _check_data(config, source)
    if config.store.kind == "ipfs":
        _check_daemon(config.store, source)


def _check_data(config: Config, source: str) -> None:
    """Code is found in one way, and cleared in the way that goes with it."""
    data = config.data
    given = [name for name in ("package", "directories", "built") if getattr(data, name)]
    if len(given) > 1:
        raise ConfigError(f"{source}: data.{given[0]} and data.{given[1]} are both set; keep one of them")
    if "trainer" in config.roles and not given:
        raise ConfigError(
            f"{source}: data: a trainer needs private code; set data.directories, data.built or data.package, "
            "or roles = ['validator']"
        )
    if data.built and data.clearance:
        raise ConfigError(
            f"{source}: data.clearance is a list of source files, and `fednode data check --fix` puts the cleared rows "
            "of data.built into its folder; remove data.clearance"
        )


def _check_daemon(store: StoreConfig, source: str) -> None:
    """A daemon's RPC address gives full control over the daemon, so it must be the operator's own."""
    match = re.fullmatch(r"/(ip4|ip6|dns|dns4|dns6)/([^/\s]+)/tcp/(\d{1,5})(/https?)?", store.address)
    if not match:
        raise ConfigError(f"{source}: store.address: must look like /ip4/127.0.0.1/tcp/5001 (got {store.address!r})")
    if not store.allow_remote and not _is_near(match[1], match[2]):
        raise ConfigError(
            f"{source}: store.address: {match[2]} is neither this machine nor a private network; run your own daemon, "
            "or set store.allow_remote = true if that one is yours"
        )


def _is_near(kind: str, host: str) -> bool:
    if kind.startswith("dns"):
        return host == "localhost"
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return False
