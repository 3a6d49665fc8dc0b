"""RASHport, Nasdaq's order entry with routing and special handling: 1.0, 1.1 and 1.2 over the engine's terms."""
