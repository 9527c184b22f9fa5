"""What ansible-runner wrote about an installation: event files in, attempts, runs and tasks out.

Pure: nothing here knows kubectl, a terminal or a page. What fetches event files belongs in
`cluster`, what draws them in `timeline` or `cli/output`.

Words: a *frame* is one message of a source, an *attempt* one boot of the installer's container, a
*run* one playbook of a component, an *event* one file of it, a *task* its events together.
"""
