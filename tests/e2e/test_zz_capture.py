import subprocess, json
from tests.support.cluster import *
from tests.support.program import COMMAND, environment
def test_capture(installation, images):
    spec={"monitoring": {"seconds": 30, "fail": True},"logging":{"enabled":True},}
    installation.deploy(images.patched, spec, "v3.3.2")
    installation.running()
    seen = installation.ksimage("watch", "--save", "/tmp/capture.jsonl")
    print(seen.stdout, seen.stderr, seen.code)
