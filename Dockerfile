# Two stages on the same base: what builds stays out of what runs.
FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
# Requirements before code: they change less often.
COPY requirements.txt /tmp/
RUN /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.txt
COPY . /app
WORKDIR /app
# The settings need a key to load; this one is gone with the command.
RUN SECRET_KEY=$(head -c 64 /dev/urandom | base64 -w 0) BASE_URL=https://build.invalid DATA_DIR=/tmp/data \
    /opt/venv/bin/python manage.py collectstatic --no-input --verbosity 0

FROM python:3.13-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 DATA_DIR=/data
RUN useradd --uid 10001 --create-home stories && mkdir /data && chown stories /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER stories
VOLUME /data
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000), 3)"]
# --preload: a wrong setting, or the demo account, stops the server itself and not one worker after another.
# --worker-tmp-dir: the root of the file system may be read-only.
CMD ["gunicorn", "site_project.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--preload", "--worker-tmp-dir", "/tmp", "--graceful-timeout", "30", "--no-control-socket"]
