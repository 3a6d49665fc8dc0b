"""Where bytes come from: hexadecimal text, and captures of a network."""
