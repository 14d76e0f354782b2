"""The room of a case's drawings: each as a picture and as a list of steps with the same states."""
