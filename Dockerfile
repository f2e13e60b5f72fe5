# One image for every process: `docker run flowbot` runs everything, `docker run flowbot worker` a part.
# Debian, not Alpine: the embedded Valkey has no wheel for musl.
ARG PYTHON=3.13-slim-trixie

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY . .
RUN pip wheel --wheel-dir /wheels --constraint constraints.txt '.[postgres]' \
 && python -m venv --without-pip /opt/flowbot \
 && pip --python /opt/flowbot/bin/python install --no-index --find-links /wheels 'flowbot[postgres]'

FROM python:${PYTHON}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --shell /usr/sbin/nologin flowbot \
 && install --directory --owner flowbot --group flowbot --mode 700 /data
COPY --from=build /opt/flowbot /opt/flowbot
COPY LICENSE /usr/share/doc/flowbot/LICENSE

# PYTHONSAFEPATH: only what is installed can be imported, nothing from a working directory.
ENV PATH=/opt/flowbot/bin:$PATH \
    PYTHONSAFEPATH=1 \
    PYTHONUNBUFFERED=1 \
    FLOWBOT_DATA_DIR=/data \
    FLOWBOT_HOST=0.0.0.0 \
    FLOWBOT_PORT=8080
USER flowbot
WORKDIR /home/flowbot
VOLUME /data
EXPOSE 8080

# Of the processes with a page (up, web); compose.yaml names what fits the others.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:' + os.environ['FLOWBOT_PORT'] + '/healthz', timeout=4)"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "bot"]
CMD ["up"]
