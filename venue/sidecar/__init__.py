"""The second process: it follows the venue's records with a machine of its own, and answers whoever asks over HTTP."""
