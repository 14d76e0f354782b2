"""One case, and the beginning of one."""
