"""The pages "Fit" and "Trade-off" as one file, which needs no server and no network."""

from __future__ import annotations

import base64
import hashlib
import re

from genlab.explorer._assets import assets, index, loaded


def page_file() -> str:
    """One HTML file with the pages that compute all they show.

    Its content policy allows the scripts in it by their hashes, and no request at all.
    """
    text = index()
    styles = "\n".join(_text(name) for name in loaded("css"))
    scripts = "\n".join(_text(name) for name in loaded("js")).replace("</script", "<\\/script")
    digest = base64.b64encode(hashlib.sha256(scripts.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "img-src data:"
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n<title>'
    text = text.replace("<title>", head, 1)
    text = re.sub(r'<link rel="stylesheet"[^>]*>\n', "", text)
    text = re.sub(r"<script src=[^>]*></script>\n", "", text)
    text = text.replace("</head>", f"<style>\n{styles}</style>\n</head>", 1)
    return text.replace("</body>", f"<script>{scripts}</script>\n</body>", 1)


def _text(name: str) -> str:
    return assets()[name][0].decode()
