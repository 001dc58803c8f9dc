"""Certificates that tests sign with."""

import datetime as dt
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as forms
from cryptography.hazmat.primitives.asymmetric import ec


def certificate(name, issuer=None, *, authority, days=30):
    """Return a certificate, its key and its name, as C2PA asks for them."""
    key = ec.generate_private_key(ec.SECP256R1())
    oid = x509.NameOID
    own = x509.Name([x509.NameAttribute(oid.ORGANIZATION_NAME, name), x509.NameAttribute(oid.COMMON_NAME, name)])
    signer, signing_key = (own, key) if issuer is None else (issuer[2], issuer[1])
    now = dt.datetime.now(dt.UTC)
    unused = ["content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    usage = dict.fromkeys([*unused, "encipher_only", "decipher_only"], False)
    usage |= {"digital_signature": not authority, "key_cert_sign": authority, "crl_sign": authority}
    builder = x509.CertificateBuilder(signer, own, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=60)).not_valid_after(now + dt.timedelta(days=days))
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    builder = builder.add_extension(known, critical=False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if not authority:
        purpose = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purpose, critical=False)
    return builder.sign(signing_key, hashes.SHA256()), key, own


def write_signer(folder: Path, days: int = 30) -> tuple[Path, Path, bytes]:
    """Write a chain and the private key of its first certificate; return them and the root, all in PEM."""
    root = certificate("Root", authority=True)
    leaf, key, _ = certificate("Example Studio", root, authority=False, days=days)
    anchor = root[0].public_bytes(forms.Encoding.PEM)
    chain, private = folder / "chain.pem", folder / "signer.pem"
    chain.write_bytes(leaf.public_bytes(forms.Encoding.PEM) + anchor)
    private.write_bytes(key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()))
    private.chmod(0o600)
    return chain, private, anchor
