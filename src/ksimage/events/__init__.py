"""What ansible-runner wrote about an installation, as one model: files in, attempts, runs, tasks and events out.

Pure: nothing here knows kubectl, a terminal or a page. What fetches event files belongs in `cluster`,
what draws them in `timeline` or `cli/output`.
"""
