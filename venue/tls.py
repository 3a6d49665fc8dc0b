"""What a TLS listener needs, made from the files that `[tls]` names; a bad file is an error of its key.

TLS 1.2 at least, no renegotiation. With a `client_authority` a client must show a certificate of that authority; it
does not take the place of its login.
"""

from __future__ import annotations

import ssl
from pathlib import Path

from venue.config import Config, ConfigError
from venue.service_settings import TlsSettings


def server_context(config: Config) -> ssl.SSLContext | None:
    """Give what TLS listeners share, or None where no service has TLS; raises `ConfigError`."""
    settings = config.tls
    if settings is None or not any(service.tls for service in config.service):
        return None
    for name in ("certificate", "key", "client_authority"):
        path: str | None = getattr(settings, name)
        if path is not None:
            _look_at(f"tls.{name}", path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    _check_certificates("tls.certificate", settings.certificate)
    _load(context, settings)
    if settings.client_authority is not None:
        _check_certificates("tls.client_authority", settings.client_authority)
        context.load_verify_locations(settings.client_authority)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _look_at(key: str, path: str) -> None:
    try:
        Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(key, f"cannot read {path}: {error.strerror}") from error


def _check_certificates(key: str, path: str) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(path)
    except ssl.SSLError as error:
        raise ConfigError(key, f"{path} holds no certificate in PEM form") from error


def _load(context: ssl.SSLContext, settings: TlsSettings) -> None:
    """Load certificate and key. A key that needs a passphrase is refused: nobody is there to type it."""

    def passphrase() -> str:
        raise ConfigError("tls.key", f"{settings.key} is encrypted; give the key without a passphrase, readable to us")

    try:
        context.load_cert_chain(settings.certificate, settings.key, passphrase)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ConfigError("tls.key", f"{settings.key} is not the key of {settings.certificate}") from error
        raise ConfigError(
            "tls.key", f"{settings.key} holds no usable private key in PEM form: {error.reason}"
        ) from error
