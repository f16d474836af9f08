# Builds the image of the site. The second stage leaves the build tools of the first behind.
FROM python:3.13.16-slim-trixie AS build
# The programs of PostgreSQL for backups. Debian's package needs Perl, 50 MB, for others of its programs.
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client-17 \
    && mkdir /opt/postgresql && cp /usr/lib/postgresql/17/bin/pg_dump /usr/lib/postgresql/17/bin/pg_restore \
    /usr/lib/postgresql/17/bin/psql /opt/postgresql
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv --without-pip /opt/venv
# Requirements before code, since they change less often and Docker then reuses the layer.
COPY requirements.txt /tmp/
RUN pip --python /opt/venv/bin/python install --require-hashes -r /tmp/requirements.txt
COPY . /app
WORKDIR /app
# The settings need a secret key and an address to load. This random key is not stored in the image, nor is this
# DATA_DIR. With PYTHONPATH, deploy/leave_out.py can import the settings. operations/new_site.py says what new_site.db
# is for. The code is compiled, because the container can't write what it compiles.
RUN export SECRET_KEY=$(head -c 64 /dev/urandom | base64 -w 0) BASE_URL=https://build.invalid DATA_DIR=/tmp/data \
    PATH=/opt/venv/bin:$PATH PYTHONPATH=/app \
    && python manage.py collectstatic --no-input --verbosity 0 \
    && DATABASE_URL=sqlite:////app/new_site.db python manage.py migrate --verbosity 0 \
    && python deploy/leave_out.py && python -m compileall -q --invalidation-mode unchecked-hash /app

FROM python:3.13.16-slim-trixie
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DATA_DIR=/data
# The user ID is also in deploy/make_secrets.py.
RUN apt-get update && apt-get install --yes --no-install-recommends age libpq5 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
RUN useradd --uid 10001 --create-home stories && mkdir --parents /data/served/media /backups \
    && chown --recursive stories /data /backups
COPY --from=build /opt/postgresql /usr/local/bin
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER stories
VOLUME /data
EXPOSE 8000
# The image has no curl.
HEALTHCHECK --start-period=120s --timeout=5s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\") or 8000}/livez', timeout=3)"]
CMD ["deploy/start"]
