"""US Equities Risk Checks over REST: what is asked about rules, and what is answered (EQRC guide 3 and 4)."""
