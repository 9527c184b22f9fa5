"""19: KubeKey: its versions, its configuration, its folder of images."""

from __future__ import annotations

from ksimage.errors.base import KsimageError


class KubekeyError(KsimageError):
    """A configuration, a folder of images or a version of KubeKey cannot be used."""

    exit_code = 19


class KubekeyBinaryFailed(KubekeyError):
    """The kk binary that was to be asked for its version did not answer."""

    def __init__(self, path: str, reason: str) -> None:
        self.message = f"{path} did not tell its version: {reason}"
        self.advice = ["give it instead of --kk: --kk-version v3.0.13"]


class KubekeyConfigBroken(KubekeyError):
    """The file is no configuration that kk could read."""

    def __init__(self, place: str, reason: str, *, line: int = 0) -> None:
        where = f"{place}:{line}" if line else place
        self.message = f"{where}: {reason}"
        self.advice = ["kk would refuse it, too; its own examples: kk create config --help"]


class KubekeyConfigNotEditable(KubekeyError):
    """The wanted value cannot be put into the configuration without guessing."""

    def __init__(self, place: str, field: str, reason: str) -> None:
        self.message = f"{place}: {field} cannot be set: {reason}"
        self.why = "nothing was written"
        self.advice = ["edit it by hand; what it must say: ksimage kubekey CONFIG"]


class KubekeyImagesNotFound(KubekeyError):
    """There is no folder of images where kk unpacks its artifact."""

    def __init__(self, path: object, why: str) -> None:
        self.message = f"{path} holds no images of KubeKey"
        self.why = why
        self.advice = [
            "the folder beside the kk binary that kk unpacks into: --from kubekey:./kubekey",
            "or the artifact itself: --from kubekey:artifact.tar.gz",
        ]


class KubekeyNothingToUndo(KubekeyError):
    """No image in the folder was replaced by ksimage, or no artifact was kept."""

    def __init__(self, path: object, why: str) -> None:
        super().__init__(f"nothing in {path} was replaced", why=why)


class KubekeyVersionNeeded(KubekeyError):
    """Which kk will be run is not known, and its rules differ."""

    def __init__(self) -> None:
        self.message = "which version of kk will be run?"
        self.advice = ["--kk-version v3.0.13", "or ask the binary: --kk PATH"]


class KubekeyVersionUnknown(KubekeyError):
    """A text is no version of kk."""

    def __init__(self, text: str) -> None:
        self.message = f"{text[:80]!r} is no version of kk"
        self.advice = ["--kk-version v3.0.13", "what a binary is: kk version -o short"]


class KubekeyWithoutInstaller(KubekeyError):
    """kk 4 installs no KubeSphere 3, and so has no ks-installer."""

    def __init__(self, version: str) -> None:
        self.message = f"kk {version[:40]} has no ks-installer"
        self.why = (
            "since kk 4 there is no code for KubeSphere 3 in it: KubeSphere 4 is a Helm chart"
        )
        self.advice = ["use the kk that came with the artifact: v1.0 to v3.1"]
