"""The recipe of an image that holds antrean and nothing to build it with (a Containerfile).

Libraries are those of constraints.txt, by their hashes; nobody in it is root.
"""

from antrean_cli import __version__
from antrean_cli.operator.kubernetes import USER

IMAGE = f"antrean:{__version__}"


_RECIPE = f"""\
# BASE dapat dikunci ke digest-nya: --build-arg BASE=docker.io/library/python@sha256:...
ARG BASE=docker.io/library/python:3.13-slim

FROM ${{BASE}} AS build
RUN python -m venv /opt/antrean
WORKDIR /src
COPY antrean_cli/constraints.txt antrean_cli/
# Pustaka persis seperti yang diuji, diperiksa dengan hash.
RUN /opt/antrean/bin/pip install --no-cache-dir --require-hashes -r antrean_cli/constraints.txt
COPY pyproject.toml setup.cfg README.md LICENSE ./
COPY antrean_cli antrean_cli
RUN /opt/antrean/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM ${{BASE}}
COPY --from=build /opt/antrean /opt/antrean
ENV PATH=/opt/antrean/bin:$PATH
# Bukan root, dan tidak punya apa-apa di dalam image.
USER {USER}:{USER}
WORKDIR /tmp
ENTRYPOINT ["antrean"]
CMD ["--help"]
"""


def containerfile(image: str) -> str:
    """Return the recipe, headed by the line that builds the image under its name."""
    named = "" if image == IMAGE else f" --image {image}"
    return (
        f"# Image antrean {__version__}. Dari folder sumber antrean:\n"
        f"#   antrean units --container{named} | podman build -t {image} -f - .\n"
        f"{_RECIPE}"
    )
