"""Certificates made by the openssl command: authorities, and what they signed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    """Run the openssl command and return its output."""
    program = shutil.which("openssl")
    assert program, "these tests need the openssl command: install the package openssl"
    done = subprocess.run([program, *arguments], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def self_signed(folder: Path, san: str = "IP:127.0.0.1,DNS:localhost") -> Path:
    """Make a key with a certificate that nobody vouches for, in one PEM file; return its path."""
    key, pem = folder / "self.key", folder / "self.pem"
    names = ("-subj", "/CN=localhost", "-addext", f"subjectAltName={san}")
    openssl("req", "-x509", *KEY, "-days", "2", *names, "-keyout", str(key), "-out", str(pem))
    pem.write_text(key.read_text() + pem.read_text())
    return pem


def certificate(
    folder: Path,
    name: str,
    san: str,
    *,
    signed_by: Path | None = None,
    since: str = "20200101000000Z",
    until: str = "",
) -> Path:
    """Make a key with a certificate in one PEM file and return its path.

    Without a signer it is an authority of its own. `since` and `until` are when it begins and
    ends, `YYYYMMDDHHMMSSZ`.
    """
    pem, key, request = folder / f"{name}.pem", folder / f"{name}.key", folder / f"{name}.csr"
    new = (*KEY, "-keyout", str(key), "-subj", f"/CN={name}")
    if signed_by is None:
        usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        openssl("req", "-x509", *new, "-days", "2", *usage, "-out", str(pem))
    else:
        openssl("req", "-new", *new, "-out", str(request))
        signer = folder / f"{name}.conf"
        signer.write_text(SIGNER.format(folder=folder / name, san=san), encoding="utf-8")
        (folder / name).mkdir()
        (folder / name / "index").touch()
        (folder / name / "serial").write_text("01\n")
        arguments = ("ca", "-batch", "-notext", "-config", str(signer), "-in", str(request))
        authority = ("-cert", str(signed_by), "-keyfile", str(signed_by))
        openssl(
            *arguments,
            *authority,
            "-startdate",
            since,
            "-enddate",
            until,
            "-out",
            str(pem),
        )
    pem.write_text(key.read_text() + pem.read_text())
    return pem


SIGNER = """
[ca]
default_ca = here
[here]
new_certs_dir = {folder}
database = {folder}/index
serial = {folder}/serial
default_md = sha256
policy = any
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = CA:FALSE
subjectAltName = {san}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""
