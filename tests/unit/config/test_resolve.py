"""Flag over environment over file over default, and where each value came from."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ksimage.config.present import HIDDEN, render_settings, settings_document, values_in_force
from ksimage.config.resolve import find_file, resolve
from ksimage.config.selection import Chosen, expand
from ksimage.config.settings import SETTINGS, HostSettings, Settings
from ksimage.errors import BadOption, ConfigFaults, ConfigMisnamed, ConfigNotFound, LoginIncomplete

SAMPLES = {
    "source": ("harbor.lan/kubesphereio", "harbor.lan/kubesphereio"),
    "target": ("harbor.lan/patched", "harbor.lan/patched"),
    "releases": ("3.3.2 >=3.1,<3.2", ["v3.3.2", ">=3.1,<3.2"]),
    "platforms": ("linux/amd64 linux/arm64", ["linux/amd64", "linux/arm64"]),
    "patches.with": ("early-config", ["early-config"]),
    "patches.without": ("keep-output verbosity", ["keep-output", "verbosity"]),
    "patches.dir": ("ours", "{cwd}/ours"),
    "patches.mode": ("replace", "replace"),
    "patches.files": ("a.patch 'b c.patch'", ["{cwd}/a.patch", "{cwd}/b c.patch"]),
    "verbosity": ("4", 4),
    "tag": ("{release}-x", "{release}-x"),
    "labels": ("team=platform 'note=a b'", {"team": "platform", "note": "a b"}),
    "engine": ("direct", "direct"),
    "jobs": ("7", 7),
    "ca_file": ("ca.crt", "{cwd}/ca.crt"),
    "insecure": ("yes", True),
    "username": ("robot$ci", "robot$ci"),
    "password": ("s3cret", HIDDEN),
}


def test_every_option_is_an_environment_variable(tmp_path: Path) -> None:
    environ = {option.variable: SAMPLES[option.key][0] for option in SETTINGS if option.flag}
    environ["KSIMAGE_RELEASES"] = SAMPLES["releases"][0]
    settings = resolve({}, environ, None, tmp_path)
    in_force = values_in_force(settings)
    for key, (_, expected) in SAMPLES.items():
        wanted = json.loads(json.dumps(expected).replace("{cwd}", str(tmp_path)))
        assert in_force[key] == wanted, key
    assert {option.key for option in SETTINGS} - set(SAMPLES) == {"registries"}
    origins = {str(settings.origins[key]) for key in SAMPLES if key != "labels"}
    assert origins == {
        f"environment {option.variable}"
        for option in SETTINGS
        if option.key not in ("labels", "registries")
    }


def test_every_flag_gives_the_same_value_as_its_variable(tmp_path: Path) -> None:
    several = ("releases", "platforms", "patches.with", "patches.without")
    flags: dict[str, object] = {
        key: text.split() if key in several else text for key, (text, _) in SAMPLES.items()
    }
    flags["patches.files"] = ("a.patch", Path("b c.patch"))
    flags["labels"] = ["team=platform", "note=a b"]
    environ = {
        option.variable: SAMPLES[option.key][0] for option in SETTINGS if option.key in flags
    }
    from_flags = resolve(flags, {}, None, tmp_path)
    assert from_flags == resolve({}, environ, None, tmp_path)
    assert str(from_flags.origins["patches.files"]) == "flag --patch"


def test_precedence_and_provenance(tmp_path: Path) -> None:
    (tmp_path / "ksimage.yaml").write_text(
        "source: a.lan/x\nverbosity: 1\njobs: 2\ntag: '{release}-file'\n"
        "labels: {a: file, b: file}\n"
    )
    environ = {"KSIMAGE_VERBOSITY": "2", "KSIMAGE_JOBS": "3", "KSIMAGE_LABELS": "b=env c=env"}
    settings = resolve({"verbosity": 3, "labels": ["c=flag"]}, environ, None, tmp_path)
    assert (settings.verbosity, settings.jobs, settings.tag) == (3, 3, "{release}-file")
    assert dict(settings.labels) == {"a": "file", "b": "env", "c": "flag"}
    rows = {key: (value, origin) for key, value, origin in render_settings(settings)}
    assert rows["source"] == ("a.lan/x", "ksimage.yaml:1:9")
    assert rows["target"] == ("a.lan/x", "default as source, ksimage.yaml:1:9")
    assert rows["verbosity"] == ("3", "flag --verbose")
    assert rows["jobs"] == ("3", "environment KSIMAGE_JOBS")
    assert rows["labels.a"] == ("file", "ksimage.yaml:5:13")
    assert rows["labels.b"] == ("env", "environment KSIMAGE_LABELS")
    assert rows["labels.c"] == ("flag", "flag --label")
    assert rows["engine"] == ("auto", "default")
    assert rows["registries"] == ("", "default")


def test_nothing_at_all(tmp_path: Path) -> None:
    settings = resolve({"tag": None, "platforms": ()}, {"KSIMAGE_TAG": ""}, None, tmp_path)
    assert settings == Settings()
    assert settings.target is None  # nobody can push to the public default
    assert {str(origin) for origin in settings.origins.values()} == {"default"}


def test_documented_defaults_are_the_real_ones() -> None:
    in_force = values_in_force(Settings())
    for option in SETTINGS:
        value = in_force[option.key]
        if option.default in ("none", "all that the base has") or option.key == "target":
            assert not value
        else:
            assert option.default == (str(value).lower() if isinstance(value, bool) else str(value))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("docker://harbor.lan/kubesphereio/", "harbor.lan/kubesphereio"),
        ("docker-daemon:kubesphere/ks-installer", "docker-daemon:kubesphere/ks-installer"),
        ("oci-archive:../a.tar:v3.3.2", "oci-archive:{above}/a.tar:v3.3.2"),
        ("oci:/srv/x@y", "oci:/srv/x@y"),
    ],
)
def test_sources(given: str, kept: str, tmp_path: Path) -> None:
    settings = resolve({"source": given}, {}, None, tmp_path)
    assert settings.source == kept.replace("{above}", str(tmp_path.parent))
    assert settings == resolve({}, {"KSIMAGE_SOURCE": given}, None, tmp_path)


def test_a_flag_may_name_one_image_as_source(tmp_path: Path) -> None:
    reference = "harbor.lan/kubesphereio/ks-installer:v3.3.2"
    assert resolve({"source": reference}, {}, None, tmp_path).source == reference
    with pytest.raises(ConfigFaults, match="KSIMAGE_SOURCE"):
        resolve({}, {"KSIMAGE_SOURCE": reference}, None, tmp_path)


def test_a_file_target_has_no_default(tmp_path: Path) -> None:
    settings = resolve({"source": "oci:images"}, {}, None, tmp_path)
    assert settings.source == f"oci:{tmp_path}/images"
    assert settings.target is None


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = resolve({"labels": {"a": "b"}}, {}, None, tmp_path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.jobs = 2  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.labels["a"] = "c"  # type: ignore[index]


def test_the_file_is_found_upwards(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_file(inner) is None
    (tmp_path / "ksimage.yaml").write_text("jobs: 2\npatches: {dir: ours}\n")
    settings = resolve({}, {}, None, inner)
    assert settings.file == tmp_path / "ksimage.yaml"
    assert settings.patches.directory == tmp_path / "ours"
    assert str(settings.origins["jobs"]) == f"{tmp_path}/ksimage.yaml:1:7"
    (inner / "ksimage.yaml").write_text("jobs: 3\n")
    assert resolve({}, {}, None, inner).jobs == 3


def test_which_file(tmp_path: Path) -> None:
    (tmp_path / "ksimage.yaml").write_text("jobs: 2\n")
    (tmp_path / "other.yaml").write_text("jobs: 3\n")
    (tmp_path / "third.yaml").write_text("jobs: 5\n")
    environ = {"KSIMAGE_CONFIG": "other.yaml"}
    assert resolve({}, environ, None, tmp_path).jobs == 3
    assert resolve({}, environ, Path("third.yaml"), tmp_path).jobs == 5
    assert resolve({}, environ, Path("/dev/null"), tmp_path).jobs == 4
    with pytest.raises(ConfigNotFound, match=r"no settings file none\.yaml"):
        resolve({}, environ, Path("none.yaml"), tmp_path)


def test_a_dangling_link_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "ksimage.yaml").symlink_to("nowhere")
    with pytest.raises(ConfigNotFound):
        resolve({}, {}, None, tmp_path)


@pytest.mark.parametrize("name", ["ksimage.yml", ".ksimage.yaml"])
def test_a_file_under_another_name(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("jobs: 2\n")
    with pytest.raises(ConfigMisnamed) as caught:
        resolve({}, {}, None, tmp_path)
    assert f"mv {tmp_path}/{name} {tmp_path}/ksimage.yaml" in caught.value.advice
    assert resolve({}, {}, tmp_path / name, tmp_path).jobs == 2


def test_faults_of_variables_and_file_together(tmp_path: Path) -> None:
    (tmp_path / "ksimage.yaml").write_text("engine: podman\n")
    environ = {"KSIMAGE_VERBOSITY": "9", "KSIMAGE_LABELS": "'a=b", "KSIMAGE_RELEASES": "3.3.2 3.9"}
    with pytest.raises(ConfigFaults) as caught:
        resolve({}, environ, None, tmp_path)
    assert [str(fault) for fault in caught.value.faults] == [
        "KSIMAGE_RELEASES: '3.9' is no release that ksimage knows",
        "KSIMAGE_VERBOSITY: '9' is not a whole number from 0 to 5",
        "KSIMAGE_LABELS: has a quote without its partner",
        "ksimage.yaml:1:9: engine: 'podman' is none of auto, docker, direct",
    ]
    assert caught.value.message == (
        "4 faults in KSIMAGE_RELEASES, KSIMAGE_VERBOSITY, KSIMAGE_LABELS, ksimage.yaml"
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"engine": "dokcer"}, "--engine: 'dokcer' is none of auto, docker, direct"),
        ({"labels": ["a"]}, "--label: 'a' is not KEY=VALUE"),
        ({"platforms": ["linux/"]}, "--platform: 'linux/' is not a platform"),
        ({"source": "u:p@h.lan/x"}, "--from: credentials have no place in a reference"),
        ({"patches.files": [""]}, "--patch: is empty"),
        ({"verbosity": 6}, "--verbose: '6' is not a whole number from 0 to 5"),
    ],
)
def test_a_bad_flag_is_a_usage_error(
    flags: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(BadOption) as caught:
        resolve(flags, {}, None, tmp_path)
    assert caught.value.message.startswith(message)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("flags", "environ", "missing", "advice"),
    [
        ({"username": "u"}, {}, "password", "add --password-stdin < FILE"),
        ({"password": "p"}, {}, "user name", "add --username USER"),
        ({"username": "u"}, {"KSIMAGE_PASSWORD": ""}, "password", "add --password-stdin < FILE"),
    ],
)
def test_half_a_login_on_the_command_line_is_a_usage_error(
    flags: dict[str, object], environ: dict[str, str], missing: str, advice: str, tmp_path: Path
) -> None:
    with pytest.raises(LoginIncomplete) as caught:
        resolve(flags, environ, None, tmp_path)
    assert caught.value.exit_code == 2
    assert caught.value.message == f"a login was given without its {missing}"
    assert caught.value.advice[0].startswith(advice)
    whole = {"KSIMAGE_PASSWORD": "p", "KSIMAGE_USERNAME": "u"}
    assert resolve(flags, whole, None, tmp_path).password == "p"


def test_contradictions_across_sources(tmp_path: Path) -> None:
    (tmp_path / "ksimage.yaml").write_text("patches: {with: [early-config]}\nreleases: ['>=3.3']\n")
    environ = {"KSIMAGE_PATCHES_WITHOUT": "early-config", "KSIMAGE_PASSWORD": "s3cret"}
    with pytest.raises(ConfigFaults) as caught:
        resolve({"tag": "fixed"}, environ, None, tmp_path)
    assert [str(fault) for fault in caught.value.faults] == [
        "environment KSIMAGE_PATCHES_WITHOUT: patches.without: "
        "early-config stands below patches.with too",
        "flag --tag: tag: without {release} all 5 releases get the same tag",
        "environment KSIMAGE_PASSWORD: password: needs an account: --username, or KSIMAGE_USERNAME",
    ]


def test_the_password_is_never_shown(tmp_path: Path) -> None:
    environ = {"KSIMAGE_USERNAME": "robot$ci", "KSIMAGE_PASSWORD": "s3cret\n"}
    settings = resolve({}, environ, None, tmp_path)
    assert settings.password == "s3cret"
    for shown in (
        repr(settings),
        str(render_settings(settings)),
        json.dumps(settings_document(settings)),
    ):
        assert "s3cret" not in shown
    assert ("password", HIDDEN, "environment KSIMAGE_PASSWORD") in render_settings(settings)
    with pytest.raises(ConfigFaults) as caught:
        resolve({}, {"KSIMAGE_USERNAME": "a", "KSIMAGE_PASSWORD": "s3\x01cret"}, None, tmp_path)
    assert "s3" not in caught.value.why


def test_options_by_host(tmp_path: Path) -> None:
    (tmp_path / "ksimage.yaml").write_text(
        "registries: {Harbor.lan: {ca_file: ca.crt}, b.lan:5000: {insecure: true}}\n"
    )
    settings = resolve({}, {}, None, tmp_path)
    assert settings.registry("harbor.lan") == HostSettings(tmp_path / "ca.crt", False)
    assert settings.registry("B.lan:5000") == HostSettings(None, True)
    assert settings.registry("c.lan") == HostSettings()
    by_flag = resolve({"ca_file": "x.crt"}, {}, None, tmp_path)
    assert by_flag.registry("harbor.lan").ca_file == tmp_path / "x.crt"
    assert by_flag.registry("c.lan").ca_file == tmp_path / "x.crt"


def test_releases_expand_to_final_ones_in_order(tmp_path: Path) -> None:
    pin = "sha256:" + "1" * 64
    (tmp_path / "ksimage.yaml").write_text(
        f"releases: [v3.4.1, '>=3.1,<3.3', {{release: v3.2.1, base: '{pin}'}}, v3.0.0]\n"
    )
    settings = resolve({}, {}, None, tmp_path)
    assert expand(settings.releases) == (
        Chosen("v3.0.0"),
        Chosen("v3.1.0"),
        Chosen("v3.1.1"),
        Chosen("v3.2.0"),
        Chosen("v3.2.1", pin),
        Chosen("v3.4.1"),
    )


def test_a_range_with_a_suffix_reaches_pre_releases(tmp_path: Path) -> None:
    settings = resolve({"releases": [">=3.3.2-rc.1,<3.4"]}, {}, None, tmp_path)
    names = [chosen.release for chosen in expand(settings.releases)]
    assert names == ["v3.3.2-rc.1", "v3.3.2-rc.2", "v3.3.2", "v3.3.2-patch.0"]


VARIABLES = st.dictionaries(
    st.sampled_from([option.variable for option in SETTINGS]),
    st.one_of(
        st.sampled_from([text for text, _ in SAMPLES.values()]),
        st.text(st.characters(exclude_characters="\0"), max_size=20),
    ),
    max_size=5,
)


@settings(max_examples=500, deadline=None)
@given(VARIABLES)
def test_any_environment_gives_settings_or_faults(environ: dict[str, str]) -> None:
    try:
        found = resolve({}, environ, Path("/dev/null"), Path("/srv"))
    except ConfigFaults as error:
        assert all(str(fault).isprintable() for fault in error.faults)
    else:
        assert all(row[1].isprintable() for row in render_settings(found))


def test_yaml_is_loaded_only_for_a_file(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from ksimage.config.resolve import resolve;"
        "resolve({}, {}, None, Path.cwd()); print('yaml' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    (tmp_path / "ksimage.yaml").write_text("jobs: 2\n")
    second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (first.stdout, second.stdout) == ("False\n", "True\n")
