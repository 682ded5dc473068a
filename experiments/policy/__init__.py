"""How the policy that ships with the package is trained."""
