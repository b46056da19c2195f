"""The scripts; installed, they are the package `tf_gans.commands`."""
