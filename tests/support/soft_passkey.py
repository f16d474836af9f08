"""A passkey in Python, which tells the truth or lies, as the test wants it."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url, encode_cbor

PRESENT, VERIFIED, ATTESTED = 1, 4, 64
ORIGIN = "http://testserver"


@dataclass
class SoftPasskey:
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    count: int = 0

    def make(self, options, **lies):
        """Return the browser's answer to the wish for a new passkey."""
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        data = self._data(options["rp"]["id"], lies, ATTESTED)
        data += bytes(16) + len(self.id).to_bytes(2) + self.id + encode_cbor(public)
        told = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            attestationObject=told, clientDataJSON=self._client("webauthn.create", options, lies)
        )

    def give(self, options, **lies):
        """Return the browser's answer to the wish for a signature."""
        self.count += 1
        data = self._data(options["rpId"], lies)
        client = self._client("webauthn.get", options, lies)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(authenticatorData=data, clientDataJSON=client, signature=signature)

    def _data(self, host, lies, flags=0):
        flags |= lies.get("flags", PRESENT | VERIFIED)
        count = lies.get("count", self.count)
        return hashlib.sha256(lies.get("host", host).encode()).digest() + bytes([flags]) + count.to_bytes(4)

    def _client(self, kind, options, lies):
        told = {"type": kind, "challenge": options["challenge"], "origin": ORIGIN}
        return json.dumps(told | lies.get("told", {})).encode()

    def _answer(self, **response):
        name = bytes_to_base64url(self.id)
        response = {part: bytes_to_base64url(each) for part, each in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
