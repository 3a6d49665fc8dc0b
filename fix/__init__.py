"""FIX 4.0 to 4.4, and FIXT.1.1 with FIX 5.0 SP2: codec, session machine, and the ports that speak it."""
