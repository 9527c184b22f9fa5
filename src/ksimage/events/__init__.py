"""What ansible-runner wrote about an installation, as one model: attempts, runs, tasks, events.

Nothing here knows kubectl, a terminal or a page. What fetches event files from a pod belongs in
`cluster`, what draws them in `timeline` or `cli/output`.
"""
