"""Images in OCI layouts, as folders and as archives (image-spec, image-layout.md). KubeKey's
layouts, whose names mean more, belong in `locations/kubekey`.

Words: a *layout* is what is common to both, a *folder* and an *archive* are its two forms; *ref
name* is the annotation that an entry of ``index.json`` goes by.
"""
