"""Who works where: parties, units, people and steering groups."""
