"""A small identity provider (OpenID Connect), which tells the truth or lies, as the test wants it."""

import json
import secrets
import time
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "stories", "hunter2-of-the-tests"


class IdentityProvider(ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}/realm"
        self.key = self.signs_with = RSAKey.generate_key(2048, {"kid": "1"})
        self.header = {"alg": "RS256", "kid": "1"}
        self.lies = {}  # claims of the token that are not what they should be
        self.userinfo = None
        self.codes = {}
        self.refused = []

    def sign_in(self, address, email="amina@example.org", **claims):
        """Do as somebody who signs in at `address`, and return where the browser is sent then."""
        wish = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_hex()
        self.codes[code] = wish, {"email": email, "email_verified": True} | claims
        return f"{wish['redirect_uri']}?{urlencode({'code': code, 'state': wish['state']})}"

    def tokens(self, form):
        wish, claims = self.codes.pop(form["code"])
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if challenge != wish["code_challenge"] or form["redirect_uri"] != wish["redirect_uri"]:
            self.refused.append(form)
            return {"error": "invalid_grant"}
        now = int(time.time())
        told = {"iss": self.issuer, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 60, "auth_time": now}
        told |= {"nonce": wish["nonce"]} | claims | self.lies
        told = {name: value for name, value in told.items() if value is not None}
        return {"access_token": "access", "token_type": "Bearer", "id_token": self._token(told)}

    def _token(self, told):
        if self.header["alg"] == "none":
            parts = [urlsafe_b64encode(json.dumps(part).encode()).decode() for part in (self.header, told)]
            return ".".join(part.rstrip("=") for part in parts) + "."
        key = self.signs_with or OctKey.import_key(SECRET)
        return jwt.encode(self.header, told, key, algorithms=[self.header["alg"]])

    def about(self):
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        }


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        answers = {
            "/realm/.well-known/openid-configuration": self.server.about,
            "/realm/keys": lambda: {"keys": [self.server.key.as_dict(private=False)]},
            "/realm/userinfo": lambda: self.server.userinfo,
        }
        self._answer(answers[self.path]())

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._answer(self.server.tokens({name: values[0] for name, values in form.items()}))

    def _answer(self, told):
        body = json.dumps(told).encode()
        self.send_response(400 if "error" in told else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@contextmanager
def running():
    with IdentityProvider() as provider:
        thread = Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield provider
        finally:
            provider.shutdown()
            thread.join()
