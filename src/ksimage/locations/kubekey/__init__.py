"""KubeKey's images: the folder that kk unpacks (``kubekey/images``) and its artifact itself.

Both are OCI layouts whose names hold the architecture (``kubesphereio:ks-installer:v3.3.2-amd64``).
Here the names of one tag are one image, and what is written is what kk will push. What kk does with
a configuration is in ``upstream/kubekey``.

Words: an *artifact* is kk's tar.gz, the *folder* what it unpacks to; an *entry* is one line of
``index.json``, a *group* the entries of one tag.
"""
