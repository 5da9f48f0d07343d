"""A version played through without a case of it being there (“Durchspielen”): nothing is stored."""
