"""Content stores: bytes in, content id out. Nothing here interprets the bytes."""
