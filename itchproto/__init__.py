"""TotalView-ITCH 5.0 and GLIMPSE 5.0: the messages of the market data feed."""
