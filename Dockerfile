# Three images from one file: `--target central-server`, `--target node-cpu` and `--target node-gpu`.
# All run as an ordinary user, keep their state in the volume /var/lib/cyxwiz, and end cleanly on SIGTERM.

ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS base
ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PATH=/opt/cyxwiz/bin:$PATH
# The numbers are fixed so that a volume keeps its owner from one image to the next.
RUN groupadd --gid 10001 cyxwiz \
    && useradd --uid 10001 --gid cyxwiz --home-dir /var/lib/cyxwiz --no-create-home --shell /usr/sbin/nologin cyxwiz \
    && install -d -o cyxwiz -g cyxwiz -m 0750 /var/lib/cyxwiz /etc/cyxwiz/hand-out

FROM base AS wheel
WORKDIR /source
COPY requirements-build.lock ./
RUN pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY cyxwiz ./cyxwiz
COPY central_server ./central_server
COPY server_node ./server_node
COPY shared ./shared
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

# Dependencies come before the code, so that a change of code rebuilds only the last layers.
FROM base AS central-environment
WORKDIR /build
COPY requirements-central.lock ./
RUN python -m venv /opt/cyxwiz && pip install --require-hashes -r requirements-central.lock
COPY --from=wheel /wheels /wheels
RUN pip install --no-deps /wheels/*.whl

FROM base AS node-environment
WORKDIR /build
COPY requirements-node.lock ./
RUN python -m venv /opt/cyxwiz && pip install --require-hashes -r requirements-node.lock
COPY --from=wheel /wheels /wheels
RUN pip install --no-deps /wheels/*.whl

# CUDA comes with the packages, all but the driver, which the container runtime brings in.
FROM base AS gpu-environment
WORKDIR /build
COPY requirements-node-gpu.lock ./
RUN python -m venv /opt/cyxwiz && pip install --require-hashes -r requirements-node-gpu.lock
COPY --from=wheel /wheels /wheels
RUN pip install --no-deps /wheels/*.whl

FROM base AS central-server
COPY --from=central-environment /opt/cyxwiz /opt/cyxwiz
USER 10001:10001
WORKDIR /var/lib/cyxwiz
VOLUME /var/lib/cyxwiz
EXPOSE 50051 50054 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import ssl, urllib.request; urllib.request.urlopen('https://127.0.0.1:8080/healthz', timeout=3, context=ssl.create_default_context(cafile='/var/lib/cyxwiz/tls/ca.pem'))"]
CMD ["python", "-m", "central_server", "--listen", "0.0.0.0:50051", "--http-listen", "0.0.0.0:8080", "--mutual-tls-listen", "0.0.0.0:50054", "--tls-dir", "/var/lib/cyxwiz/tls", "--require-token", "--state-dir", "/var/lib/cyxwiz"]

FROM base AS node-cpu
COPY --from=node-environment /opt/cyxwiz /opt/cyxwiz
# Nothing here may look for a GPU: the image brings no driver libraries.
ENV JAX_PLATFORMS=cpu
USER 10001:10001
WORKDIR /var/lib/cyxwiz
VOLUME /var/lib/cyxwiz
STOPSIGNAL SIGTERM
# A node dials out and listens on nothing; python -m server_node.health says whether it is welcome: see docker-compose.yml.
CMD ["python", "-m", "server_node", "--server", "central-server:50051", "--ca", "/etc/cyxwiz/hand-out/ca.pem", "--join-token-file", "/etc/cyxwiz/hand-out/join-token", "--state-dir", "/var/lib/cyxwiz"]

FROM base AS node-gpu
COPY --from=gpu-environment /opt/cyxwiz /opt/cyxwiz
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001:10001
WORKDIR /var/lib/cyxwiz
VOLUME /var/lib/cyxwiz
STOPSIGNAL SIGTERM
CMD ["python", "-m", "server_node", "--server", "central-server:50051", "--ca", "/etc/cyxwiz/hand-out/ca.pem", "--join-token-file", "/etc/cyxwiz/hand-out/join-token", "--state-dir", "/var/lib/cyxwiz"]
