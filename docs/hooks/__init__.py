"""What `make docs` makes of the code: tables of all that has a name, environment pages, the API reference."""
