"""The running thing: configuration, log, gate, connections, operations, command line."""
