"""Post-Trade Risk as it is asked for: limits, decisions, trade reports and subscriptions, and what is shown of them."""
