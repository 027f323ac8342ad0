"""OneNET Studio of 2021, as studio-ota.heclouds.com spoke it: fuse-ota's calls under another root,
with the envelope and the small codes of the south API. Its headers were never captured; they are
the south API's.
"""

import south
from fuse import Fuse


class Studio(Fuse):
    name = "studio"
    root = "/ota"
    errors = {**south.ERRORS, "no_task": (10, "no task"), "no_delta": (10, "no task"),
              "product": south.ERRORS["auth"], "device": south.ERRORS["auth"],
              "owner": (18, "task not exist")}

    def json_reply(self, code, text, data=None):
        value = {"errno": code, "error": text}
        return south.json_reply(value if data is None else {**value, "data": data})


DIALECT = Studio().dialect()
