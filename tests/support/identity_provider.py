"""A small identity provider (OpenID Connect) for tests, whose tokens can contain false claims."""

import json
import secrets
import time
from base64 import urlsafe_b64encode
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.support.requests import in_thread

CLIENT, SECRET = "stories", "hunter2-of-the-tests"
# The site's addresses to which users go before the provider, and come back from it.
START, DONE = "/admin/single-sign-on/", "/admin/single-sign-on/done/"


class IdentityProvider(ThreadingHTTPServer):
    """The provider's HTTP server. Tests set its attributes to change its responses."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}/realm"
        # The published key, and the one that signs tokens. Without the latter, the client's secret signs
        # them.
        self.key = self.signs_with = first_key()
        self.header = {"alg": "RS256", "kid": "1"}
        self.lies = {}  # false claims for the ID token; None removes a claim
        self.userinfo = None  # the response of the userinfo endpoint
        self.codes = {}  # {authorization code: (parameters of the request, claims)}
        self.refused = []  # forms that the token endpoint refused

    def sign_in(self, address, email="amina@example.org", **claims):
        """Sign in at the authorization URL `address` with `claims`; return the address of the redirect."""
        parameters = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_hex()
        self.codes[code] = parameters, {"email": email, "email_verified": True} | claims
        return f"{parameters['redirect_uri']}?{urlencode({'code': code, 'state': parameters['state']})}"

    def tokens(self, form):
        """Return the response of the token endpoint to `form`. It checks PKCE and the redirect URI."""
        parameters, claims = self.codes.pop(form["code"])
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if challenge != parameters["code_challenge"] or form["redirect_uri"] != parameters["redirect_uri"]:
            self.refused.append(form)
            return {"error": "invalid_grant"}
        now = int(time.time())
        payload = {"iss": self.issuer, "aud": CLIENT, "sub": "7", "nonce": parameters["nonce"]}
        payload |= {"iat": now, "exp": now + 60, "auth_time": now} | claims | self.lies
        payload = {name: value for name, value in payload.items() if value is not None}
        return {"access_token": "access", "token_type": "Bearer", "id_token": self._token(payload)}

    def _token(self, payload):
        if self.header["alg"] == "none":
            parts = [urlsafe_b64encode(json.dumps(part).encode()).decode() for part in (self.header, payload)]
            return ".".join(part.rstrip("=") for part in parts) + "."
        key = self.signs_with or OctKey.import_key(SECRET)
        return jwt.encode(self.header, payload, key, algorithms=[self.header["alg"]])

    def metadata(self):
        # Also algorithms that the site must refuse, although the provider lists them.
        supported = {"id_token_signing_alg_values_supported": ["none", "HS256", "RS256"]}
        endpoints = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in ("token", "userinfo")}
        endpoints |= {"jwks_uri": f"{self.issuer}/keys", "issuer": self.issuer}
        return supported | endpoints | {"authorization_endpoint": f"{self.issuer}/authorize"}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        answers = {
            "/realm/.well-known/openid-configuration": self.server.metadata,
            "/realm/keys": lambda: {"keys": [self.server.key.as_dict(private=False)]},
            "/realm/userinfo": lambda: self.server.userinfo,
        }
        self._answer(answers[self.path]())

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self._answer(self.server.tokens({name: values[0] for name, values in form.items()}))

    def _answer(self, payload):
        body = json.dumps(payload).encode()
        self.send_response(400 if "error" in payload else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


def sign_in_at_provider(client, provider, address=START, **claims):
    """Start at `address`, sign in at the provider, and return the site's response to its redirect."""
    return client.get(provider.sign_in(client.get(address)["Location"], **claims))


@cache
def first_key():
    """Return the same key for all providers, because to generate one takes longer than to sign in."""
    return RSAKey.generate_key(2048, {"kid": "1"})


def running():
    """Return a context manager that yields a running IdentityProvider."""
    return in_thread(IdentityProvider())
