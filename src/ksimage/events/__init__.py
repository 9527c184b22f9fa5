"""What ansible-runner wrote about an installation: event files in, attempts, runs and tasks out.

Pure: nothing here knows kubectl, a terminal or a page. What fetches event files belongs in
`cluster`, what draws them in `timeline` or `cli/output`.
"""
