"""The parts of the Kubernetes client that the hook uses, answering from files.

KSIMAGE_TEST_CLUSTER names a JSON file with the ClusterConfiguration.
"""
