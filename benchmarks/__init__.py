"""Every speed that the README states, as a ratio measured in one run."""
