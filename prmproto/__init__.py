"""The PRM administration protocol: what a member's risk desk asks of its PRM accounts during the day, and is told."""
