"""A package, so that its conftest and that of another folder can be told apart."""
