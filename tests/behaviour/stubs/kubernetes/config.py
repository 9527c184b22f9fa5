"""Loading a configuration needs no cluster here."""


def load_incluster_config():
    pass


def load_kube_config():
    pass
