"""Runs a hook's own main() on paths below a folder: driver.py HOOK FOLDER.

Started with the Python of an ansible-runner environment (3.8 or newer), never imported by
the tests. The hook's paths are module globals, so they can be moved; the one path that v3.0
and v3.1.0 spell out in open() is moved too. KSIMAGE_TEST_PREPARE names Python that is run with
the hook as ``hook`` before main() is called.
"""

import importlib.util
import os
import sys
from pathlib import Path


def load(path, folder):
    """The hook as a module whose /kubesphere is the folder."""
    spec = importlib.util.spec_from_file_location("installRunner", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["installRunner"] = module
    spec.loader.exec_module(module)
    module.playbookBasePath = str(folder / "playbooks")
    module.privateDataDir = str(folder / "results")
    module.configFile = str(folder / "config" / "ks-config.json")
    module.statusFile = str(folder / "config" / "ks-status.json")
    module.clusterFile = str(folder / "cluster.json")  # only the miniature has one

    def moved(path, *args, **kwargs):
        if str(path).startswith("/kubesphere/"):
            path = folder / str(path)[len("/kubesphere/") :]
        return Path(path).open(*args, **kwargs)

    module.open = moved
    return module


if __name__ == "__main__":
    path, folder = sys.argv[1:3]
    sys.argv = [path]
    hook = load(path, Path(folder))
    prepare = Path(os.environ["KSIMAGE_TEST_PREPARE"])
    exec(compile(prepare.read_text(), str(prepare), "exec"), {"hook": hook})
    hook.main()
