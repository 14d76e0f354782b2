"""For those who lead: what waits for their decision, what is late, who stands in for whom."""
