"""Market data on the wire: ITCH, GLIMPSE and MoldUDP64, made and served in the second process.

records ─▶ replica ─▶ taps' notes ─▶ ItchFeed ─▶ ItchDay ─▶ Writer ─▶ stream of the day ─▶ SoupBinTCP, MoldUDP64
                                                   └─▶ snapshot ─▶ GLIMPSE
"""
