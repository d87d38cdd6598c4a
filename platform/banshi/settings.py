"""Every setting, read once from the environment. A BANSHI_ name that is not listed here is an error, not a silent typo."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from banshi.contracts import PluginSettings
from banshi.errors import SettingsError
from banshi.plugins import installed

PREFIX = "BANSHI_"
SHORTEST_KEY = 32


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation can be told. Each field is the variable ``BANSHI_<FIELD IN CAPITALS>``.

    data            folder of the embedded server and of files; BANSHI_DATA or --data
    database_url    postgresql://… of a server of your own; empty: the embedded one under ``data``
    secret_key      keys for sealing, chains and cookies, newest first, separated by commas; each 32 characters or more
    port, host      where the web server listens
    workers         web processes
    secure_cookies  cookies only over https; turn off for plain http on a trusted machine
    strict          a broken plugin stops the start instead of being fenced
    demo            the sign-in page tells the demo city's logins
    api_rate        requests a minute that an API token may send to each web process; 0: as many as it likes
    files           where files lie: empty, or s3://bucket/prefix (address and credentials in AWS_… as every such client reads them)
    largest_file    bytes that an uploaded file may have
    most_files      files that a case may have
    clamd           the virus scanner: tcp:host:port or unix:/path; empty: none
    public_url      the address under which people reach the platform, for links in messages; empty: http://host:port
    mail            the mail server, smtp://user:password@host:port?tls=starttls|implicit|none, or file:/folder; empty: no mail is sent
    mail_from       the sender of mail: an address, or Name <address>
    sms             text messages: file:/path, or NAME:… of a provider that a plugin brings; empty: none are sent
    webhooks_private  whether webhooks may lead to addresses of the own network, and without https
    mailbox         the address to which people answer, like city@example.org; each answer goes to city+<token>@example.org; empty: none is told
    inbox           where their mails are fetched: imaps://user:password@host/folder; empty: nowhere (they may come by `banshi mail take`)
    largest_mail    bytes of a mail that is read; a larger one is kept as it is, for a clerk
    most_mails      mails an hour that are taken for a person's from one sender, or to one case; more are taken for a loop
    mail_kept       days for which a mail is kept once it was dealt with
    hotline         the telephone number that does everything the pages do
    plugin_statement_timeout  seconds that a statement of a plugin's page, panel or job may take; 0: as long as it likes
    loop_limit      milliseconds for which code may hold up a web process before it is named; 0: nobody looks
    district        the code of the one district that this web process serves, with its plugins alone; empty: the whole city
    log_level       DEBUG, INFO, WARNING or ERROR
    plugins         what BANSHI_<PLUGIN>_<NAME> tell each installed plugin
    """

    data: Path = Path("data")
    database_url: str = ""
    secret_key: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    secure_cookies: bool = True
    strict: bool = False
    demo: bool = False
    api_rate: int = 3000
    files: str = ""
    largest_file: int = 20_000_000
    most_files: int = 30
    clamd: str = ""
    public_url: str = ""
    mail: str = ""
    mail_from: str = ""
    sms: str = ""
    webhooks_private: bool = False
    mailbox: str = ""
    inbox: str = ""
    largest_mail: int = 25_000_000
    most_mails: int = 20
    mail_kept: int = 365
    hotline: str = "12345"
    plugin_statement_timeout: int = 10
    loop_limit: int = 500
    district: str = ""
    log_level: str = "INFO"
    plugins: dict[str, dict[str, str]] = {}

    def of(self, declared: PluginSettings) -> Any:
        """Return what an installation tells a plugin, as its struct; SettingsError for a name that it does not have, or a malformed value."""
        raw = self.plugins.get(declared.owner, {})
        prefix = f"{PREFIX}{declared.owner.upper()}_"
        known = {f.encode_name for f in msgspec.structs.fields(declared.form)}
        if unknown := sorted(set(raw) - known):
            names = ", ".join(sorted(prefix + k.upper() for k in known))
            msg = f"{prefix}{unknown[0].upper()} is not a setting of {declared.owner}. Its settings are: {names}"
            raise SettingsError(msg)
        try:
            return msgspec.convert(raw, declared.form, strict=False)
        except msgspec.ValidationError as error:
            msg = f"A setting of {declared.owner} is malformed: {error}"
            raise SettingsError(msg) from error

    @property
    def address(self) -> str:
        """The address under which people reach the platform, without a slash at its end."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    def keys(self) -> tuple[tuple[str, bytes], ...]:
        """Return (key id, key) of each secret, newest first; raise SettingsError where there is none."""
        if not self.secret_key:
            msg = (
                "BANSHI_SECRET_KEY is not set: personal data cannot be sealed without it. "
                "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )
            raise SettingsError(msg)
        return tuple((hashlib.sha256(b"banshi key id" + k.encode()).hexdigest()[:8], k.encode()) for k in self.secret_key)


def from_environment(environ: Mapping[str, str] | None = None, /, **overrides: str | int | None) -> Settings:
    """Return the settings of ``environ`` (default: the process's), ``overrides`` (a command's options) going first."""
    environ = os.environ if environ is None else environ
    raw: dict[str, object] = {}
    known = {f.encode_name for f in msgspec.structs.fields(Settings)} - {"plugins"}
    owners = sorted((e.name for e in installed()), key=len, reverse=True)
    of_plugins: dict[str, dict[str, str]] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX):
            continue
        field = name.removeprefix(PREFIX).lower()
        if field not in known and (owner := next((o for o in owners if field.startswith(f"{o}_")), "")):
            of_plugins.setdefault(owner, {})[field.removeprefix(f"{owner}_")] = value
            continue
        if field not in known:
            msg = f"{name} is not a setting of banshi. The settings are: {', '.join(sorted(PREFIX + k.upper() for k in known))}"
            raise SettingsError(msg)
        raw[field] = [k.strip() for k in value.split(",") if k.strip()] if field == "secret_key" else value
    raw |= {name: value for name, value in overrides.items() if value is not None}
    raw["plugins"] = of_plugins
    try:
        settings = msgspec.convert(raw, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        msg = f"A setting is malformed: {error}"
        raise SettingsError(msg) from error
    if any(len(key) < SHORTEST_KEY for key in settings.secret_key):
        msg = f"BANSHI_SECRET_KEY: each key needs {SHORTEST_KEY} characters or more"
        raise SettingsError(msg)
    return settings


def to_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that give ``settings`` again: how a parent tells its children."""
    said: dict[str, str] = {}
    for field in msgspec.structs.fields(Settings):
        value = getattr(settings, field.name)
        if field.name == "plugins":
            said |= {f"{PREFIX}{owner.upper()}_{name.upper()}": told for owner, names in value.items() for name, told in names.items()}
            continue
        if field.name == "secret_key":
            value = ",".join(value)
        said[PREFIX + field.encode_name.upper()] = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    return said


def _path(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value)).expanduser()
    raise NotImplementedError(kind)
