# A small image of ksimage itself, for CI runners and jobs in a cluster. (The Dockerfile of the
# images that ksimage makes is Dockerfile.tmpl.)
#
#   docker build -t harbor.lan/tools/ksimage .
#
# Without a network: put the wheels beside it first, and name a Python base that you have.
#
#   python3 -m pip wheel --wheel-dir dist .
#   docker build --build-arg PYTHON=harbor.lan/library/python:3.12-slim -t harbor.lan/tools/ksimage .

ARG PYTHON=docker.io/library/python:3.12-slim

FROM ${PYTHON} AS install
WORKDIR /src
COPY . .
RUN python3 -m venv /opt/ksimage \
 && if ls dist/ksimage-*.whl > /dev/null 2>&1; \
    then /opt/ksimage/bin/python -m pip install --no-cache-dir --no-index --find-links dist ksimage; \
    else /opt/ksimage/bin/python -m pip install --no-cache-dir .; \
    fi \
 && /opt/ksimage/bin/python -m pip uninstall --yes pip \
 && /opt/ksimage/bin/ksimage --version

FROM ${PYTHON}
COPY --from=install /opt/ksimage /opt/ksimage
ENV PATH=/opt/ksimage/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/work
# Any account will do; GitLab and Kubernetes may choose another one.
WORKDIR /work
RUN chmod 1777 /work
USER 65532:65532
ENTRYPOINT ["ksimage"]
CMD ["--help"]
