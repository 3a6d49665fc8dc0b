"""Risk: primitives, and one module per rule book."""
