"""What a unit of any torch module sees: boxes and exact sets carried through its torch.fx graph."""
