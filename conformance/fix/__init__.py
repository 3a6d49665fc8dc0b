"""FIX 4.0, 4.1, 4.2, 4.4 and FIXT.1.1 with FIX 5.0 SP2, as the kit sees them: tables, frames and sessions of its own.

Messages are put together with simplefix, which knows no session and accepts any checksum: framing,
BodyLength, CheckSum and the order of fields are judged here (`frames`).
"""
