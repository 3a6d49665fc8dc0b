"""What stands where in the bytes, told a second time: packets and messages, declared with construct."""
