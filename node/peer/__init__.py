"""One node: decides, journals and acts on the round protocol. No training code and no wire formats of its own."""
