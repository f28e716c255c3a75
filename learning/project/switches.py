"""Parts of the house that an installation may leave out, by environment; read before settings are."""

import os

# LTI=off: no campus platform embeds us. Plain-HTTP intranets, because platforms demand TLS.
LTI_ENABLED = os.environ.get("LTI", "on") != "off"
