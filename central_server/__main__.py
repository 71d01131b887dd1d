"""`python -m central_server` is `cyxwiz-central-server`."""

import sys

from central_server.main import main

sys.exit(main())
