import sys

from server_node.main import main

sys.exit(main())
