"""Signs Alice in for a driver in another language: the address to open, and where she comes back to."""

import json
import sys
import urllib.parse

from ecosystem import Person

back = Person("alice").visit(sys.argv[1], sys.argv[2])
print(json.dumps(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))))
