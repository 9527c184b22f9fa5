"""Options of the commands that reach a cluster: what the operator would pass to kubectl."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from ksimage.cli.input.options import number, option

if TYPE_CHECKING:
    from collections.abc import Callable

    from ksimage.cluster.kubectl import Kubectl

    F = TypeVar("F", bound=Callable[..., object])

SECTION = "Cluster"


def cluster_options(function: F) -> F:
    """How to reach the cluster. The values are taken out by :func:`kubectl_of`."""
    options: list[Callable[[F], F]] = [
        option(
            SECTION,
            "--kubeconfig FILE",
            "kubectl's configuration.  [default: kubectl's own: KUBECONFIG, ~/.kube/config]",
        ),
        option(SECTION, "--context NAME", "A context of it.  [default: the current one]"),
        option(
            SECTION,
            "-n, --namespace NAME",
            "Where ks-installer is.  [default: kubesphere-system]",
            default="kubesphere-system",
        ),
        option(
            SECTION,
            "--kubectl PROGRAM",
            "The kubectl to run.  [env: KSIMAGE_KUBECTL; default: kubectl]",
            default="kubectl",
            envvar="KSIMAGE_KUBECTL",
        ),
        number(
            SECTION, "--request-timeout SECONDS", "How long one request may take.", 20.0, least=0.1
        ),
    ]
    for decorate in reversed(options):
        function = decorate(function)
    return function


def kubectl_of(values: dict[str, object]) -> Kubectl:
    """The seam, with the options among a command's parameters, which are taken out of them."""
    from ksimage.cli.input.advice import completer
    from ksimage.cluster.kubectl import Kubectl, KubectlOptions

    context = click.get_current_context(silent=True)
    if context is not None and context.obj is not None:
        context.obj.complete = completer()  # advice leads to the same cluster

    def text(name: str) -> str:
        return str(values.pop(name) or "")

    timeout = float(text("request_timeout"))
    return Kubectl(
        KubectlOptions(
            text("kubectl"), text("kubeconfig"), text("context"), text("namespace"), timeout
        )
    )


def typed(kubectl: Kubectl) -> list[str]:
    """The options that lead another command to the same cluster and namespace."""
    from ksimage.cluster.kubectl import KubectlOptions

    options, usual = kubectl.options, KubectlOptions()
    words = []
    for flag, value, default in (
        ("--kubeconfig", options.kubeconfig, usual.kubeconfig),
        ("--context", options.context, usual.context),
        ("-n", options.namespace, usual.namespace),
        ("--kubectl", options.program, usual.program),
    ):
        if value != default:
            words += [flag, value]
    return words
