"""The room of the models: each process as a drawing with its steps, forms and tables, and what each agreement says."""
