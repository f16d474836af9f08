"""A WebAuthn authenticator in Python, whose responses can contain false values."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url, encode_cbor

# Flags of the authenticator data: user present, user verified, attested credential data included.
PRESENT, VERIFIED, ATTESTED = 1, 4, 64
ORIGIN = "http://testserver"


@dataclass
class SoftPasskey:
    """A passkey with its private key, its credential ID and its count of uses."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    count: int = 0

    def register(self, options, **lies):
        """Return the browser's response to the registration `options`, as JSON.

        `lies` replace values of the response: see _data() and _client().
        """
        numbers = self.key.public_key().public_numbers()
        # A COSE key (RFC 9053): type EC2, algorithm ES256, curve P-256, and the coordinates x and y.
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        data = self._data(options["rp"]["id"], lies, ATTESTED)
        no_model = bytes(16)  # an AAGUID of zeros: the authenticator does not tell its model
        data += no_model + len(self.id).to_bytes(2) + self.id + encode_cbor(public)
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options, lies)
        return self._answer(attestationObject=attestation, clientDataJSON=client)

    def authenticate(self, options, **lies):
        """Return the browser's response to the authentication `options`, as JSON."""
        self.count += 1
        data = self._data(options["rpId"], lies)
        client = self._client("webauthn.get", options, lies)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(authenticatorData=data, clientDataJSON=client, signature=signature)

    def _data(self, host, lies, flags=0):
        """Return the authenticator data. `lies` can replace "host", "flags" and "count"."""
        flags |= lies.get("flags", PRESENT | VERIFIED)
        count = lies.get("count", self.count)
        return hashlib.sha256(lies.get("host", host).encode()).digest() + bytes([flags]) + count.to_bytes(4)

    def _client(self, kind, options, lies):
        """Return the client data. `lies["client_data"]` can replace any of its values."""
        data = {"type": kind, "challenge": options["challenge"], "origin": ORIGIN}
        return json.dumps(data | lies.get("client_data", {})).encode()

    def _answer(self, **response):
        credential_id = bytes_to_base64url(self.id)
        response = {part: bytes_to_base64url(each) for part, each in response.items()}
        keys = {"id": credential_id, "rawId": credential_id, "type": "public-key"}
        return json.dumps(keys | {"response": response})
