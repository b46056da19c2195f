"""Runs: what a script does from its flags to its last file.

Nothing is imported here: flags are parsed before TensorFlow is loaded.
"""
