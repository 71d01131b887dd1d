from __future__ import annotations

import sys

from server_node.training.command import main

sys.exit(main(sys.argv[1:]))
