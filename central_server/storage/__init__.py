"""What survives the process: jobs, nodes, metric history and logs in one SQL database. It never decides anything."""
