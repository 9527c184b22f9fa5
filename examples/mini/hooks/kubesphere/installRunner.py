#!/usr/bin/env python3
# A miniature of the ks-installer hook, for ksimage's demo and tests.
#
# It starts playbooks through ansible_runner in the same order, with the same arguments and as
# quietly as KubeSphere's own hook does, so that ksimage's patches fit. Its "cluster" is one JSON
# file: run it with --debug in a folder that holds cluster.json and playbooks/.

import collections
import json
import logging
import os
import shutil
import sys

try:
    import ansible_runner
except ImportError:
    pass  # answering --config takes no Ansible

playbookBasePath = '/kubesphere/playbooks'
privateDataDir = '/kubesphere/results'
clusterFile = '/kubesphere/cluster.json'
configFile = '/kubesphere/config/ks-config.json'
statusFile = '/kubesphere/config/ks-status.json'

logging.basicConfig(level=logging.INFO, format='%(message)s')

ks_hook = json.dumps({
    'onKubernetesEvent': [{
        'name': 'Miniature of ks-installer',
        'kind': 'ClusterConfiguration',
        'event': ['add', 'update'],
        'objectName': 'ks-installer',
        'namespaceSelector': {'matchNames': ['kubesphere-system']},
        'jqFilter': '.spec',
        'allowFailure': False,
    }]
}, indent=2)

# Define components to install


class component():
    # A playbook that runs beside others.

    def __init__(self, playbook, private_data_dir, artifact_dir, ident, quiet, rotate_artifacts):
        self.playbook = playbook
        self.private_data_dir = private_data_dir
        self.artifact_dir = artifact_dir
        self.ident = ident
        self.quiet = quiet
        self.rotate_artifacts = rotate_artifacts

    def installRunner(self):
        installer = ansible_runner.run_async(
            playbook=self.playbook,
            private_data_dir=self.private_data_dir,
            artifact_dir=self.artifact_dir,
            ident=self.ident,
            quiet=self.quiet,
            rotate_artifacts=self.rotate_artifacts
        )
        _, runner = installer
        return runner


def readCluster():
    with open(clusterFile, 'r', encoding='utf-8') as f:
        return json.load(f)


def getResultInfo():
    # Run the components side by side, wait for all, report what failed.
    taskProcessList = []
    for taskName, task in generateTaskLists().items():
        logging.info('Start installing {}'.format(taskName))
        taskProcessList.append({taskName: task.installRunner()})

    logging.info('Waiting for all tasks to be completed ...')
    finished = collections.OrderedDict()
    while True:
        for taskProcess in taskProcessList:
            for taskName, runner in taskProcess.items():
                if runner.rc is not None and taskName not in finished:
                    finished[taskName] = runner.rc
                    logging.info('task {} status is {}  ({}/{})'.format(
                        taskName, runner.status, len(finished), len(taskProcessList)))

        if len(finished) == len(taskProcessList):
            break
    logging.info('*' * 50)

    resultState = False
    for taskName, rc in finished.items():
        if rc != 0:
            resultState = True
            resultInfoPath = os.path.join(
                privateDataDir, taskName, taskName, 'job_events'
            )
            if os.path.exists(resultInfoPath):
                jobList = os.listdir(resultInfoPath)
                jobList.sort(
                    key=lambda x: int(x.split('-')[0])
                )

                errorEventFile = os.path.join(resultInfoPath, jobList[-2])
                with open(errorEventFile, 'r') as f:
                    failedEvent = json.load(f)
                print("\n")
                print("Task '{}' failed:".format(taskName))
                print('*' * 150)
                print(json.dumps(failedEvent, sort_keys=True, indent=2))
                print('*' * 150)
    return resultState


# Generate a objects list of components


def generateTaskLists():
    readyToEnabledList, readyToDisableList = getComponentLists()
    logging.info('Not enabled: {}'.format(', '.join(readyToDisableList) or 'nothing'))
    tasks = collections.OrderedDict()
    for taskName in readyToEnabledList:
        artifactDir = os.path.join(privateDataDir, taskName)
        shutil.rmtree(artifactDir, ignore_errors=True)
        tasks[taskName] = component(
            playbook=os.path.join(playbookBasePath, taskName + '.yaml'),
            private_data_dir=privateDataDir,
            artifact_dir=artifactDir,
            ident=str(taskName),
            quiet=True,
            rotate_artifacts=1
        )
    return tasks


def getComponentLists():
    enabled, disabled = ['monitoring', 'network'], []
    with open(configFile, 'r', encoding='utf-8') as f:
        spec = json.load(f)
    for name, parameters in spec.items():
        if isinstance(parameters, dict) and 'enabled' in parameters:
            (enabled if parameters['enabled'] else disabled).append(name)
    return enabled, disabled


def preInstallTasks():
    tasks = collections.OrderedDict()
    for task, playbook in (('preInstall', 'preinstall'), ('ks-core', 'ks-core')):
        tasks[task] = [
            os.path.join(playbookBasePath, playbook + '.yaml'),
            os.path.join(privateDataDir, playbook)
        ]

    for task, paths in tasks.items():
        pretask = ansible_runner.run(
            playbook=paths[0],
            private_data_dir=privateDataDir,
            artifact_dir=paths[1],
            ident=str(task),
            quiet=False
        )
        if pretask.rc != 0:
            exit()


def resultInfo(resultState=False):
    ks_config = ansible_runner.run(
        playbook=os.path.join(playbookBasePath, 'ks-config.yaml'),
        private_data_dir=privateDataDir,
        artifact_dir=os.path.join(privateDataDir, 'ks-config'),
        ident='ks-config',
        quiet=True
    )

    if ks_config.rc != 0:
        print("Failed to ansible-playbook ks-config.yaml")
        exit()

    result = ansible_runner.run(
        playbook=os.path.join(playbookBasePath, 'result-info.yaml'),
        private_data_dir=privateDataDir,
        artifact_dir=os.path.join(privateDataDir, 'result-info'),
        ident='result',
        quiet=True
    )

    if result.rc != 0:
        print("Failed to ansible-playbook result-info.yaml")
        exit()

    if not resultState and readCluster().get('migration'):
        migration = ansible_runner.run(
            playbook=os.path.join(playbookBasePath, 'ks-migration.yaml'),
            private_data_dir=privateDataDir,
            artifact_dir=os.path.join(privateDataDir, 'ks-migration'),
            ident='ks-migration',
            quiet=False
        )
        if migration.rc != 0:
            exit()

    if not resultState:
        logging.info('Welcome to the miniature.')

    telemeter = ansible_runner.run(
        playbook=os.path.join(playbookBasePath, 'telemetry.yaml'),
        private_data_dir=privateDataDir,
        artifact_dir=os.path.join(privateDataDir, 'telemetry'),
        ident='telemetry',
        quiet=True
    )

    if telemeter.rc != 0:
        exit()


def generateConfig():
    cluster = readCluster()
    for path, content in (
            (configFile, cluster['spec']),
            (statusFile, {'status': cluster.get('status') or {}})):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            json.dump(content, f, indent=4)


def main():
    global playbookBasePath, privateDataDir, clusterFile, configFile, statusFile

    if sys.argv[1:2] == ['--config']:
        print(ks_hook)
        return
    if sys.argv[1:2] == ['--debug']:
        here = os.getcwd()
        playbookBasePath = os.path.join(here, 'playbooks')
        privateDataDir = os.path.join(here, 'results')
        clusterFile = os.path.join(here, 'cluster.json')
        configFile = os.path.join(privateDataDir, 'ks-config.json')
        statusFile = os.path.join(privateDataDir, 'ks-status.json')

    generateConfig()
    preInstallTasks()
    resultInfo(getResultInfo())


if __name__ == '__main__':
    main()
