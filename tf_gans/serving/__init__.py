"""What stands around an exported model where it is served."""
