"""Options of the commands that reach a cluster: what the operator would pass to kubectl."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from ksimage.cli.input.options import option

if TYPE_CHECKING:
    from collections.abc import Callable

    from ksimage.cluster.kubectl import Kubectl

    F = TypeVar("F", bound=Callable[..., object])

SECTION = "Cluster"


def cluster_options(function: F) -> F:
    """How to reach the cluster. The values are taken out by :func:`kubectl_of`."""
    for decorate in reversed(_options()):
        function = decorate(function)
    return function


def kubectl_of(values: dict[str, object]) -> Kubectl:
    """The seam, with the options among a command's parameters, which are taken out of them."""
    from ksimage.cli.input.advice import completer
    from ksimage.cluster.kubectl import Kubectl, KubectlOptions

    context = click.get_current_context(silent=True)
    if context is not None and context.obj is not None:
        context.obj.complete = completer()  # advice leads to the same cluster
    timeout = values.pop("request_timeout")
    return Kubectl(
        KubectlOptions(
            program=_text(values, "kubectl"),
            kubeconfig=_text(values, "kubeconfig"),
            context=_text(values, "context"),
            namespace=_text(values, "namespace"),
            timeout=timeout if isinstance(timeout, float) else KubectlOptions.timeout,
        )
    )


def _text(values: dict[str, object], name: str) -> str:
    found = values.pop(name)
    return found if isinstance(found, str) else ""


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


def _options() -> list[Callable[[F], F]]:
    return [
        option(
            SECTION,
            "--kubeconfig",
            metavar="FILE",
            help="kubectl's configuration.  [default: kubectl's own: KUBECONFIG, ~/.kube/config]",
        ),
        option(
            SECTION,
            "--context",
            metavar="NAME",
            help="A context of it.  [default: the current one]",
        ),
        option(
            SECTION,
            "-n",
            "--namespace",
            default="kubesphere-system",
            metavar="NAME",
            help="Where ks-installer is.  [default: kubesphere-system]",
        ),
        option(
            SECTION,
            "--kubectl",
            default="kubectl",
            envvar="KSIMAGE_KUBECTL",
            metavar="PROGRAM",
            help="The kubectl to run.  [env: KSIMAGE_KUBECTL; default: kubectl]",
        ),
        option(
            SECTION,
            "--request-timeout",
            type=click.FloatRange(min=0.1),
            default=20.0,
            metavar="SECONDS",
            help="How long one request may take.  [default: 20]",
        ),
    ]
