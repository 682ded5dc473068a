"""How the policy that writes programs is trained."""
