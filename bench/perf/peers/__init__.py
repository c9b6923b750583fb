"""What others do with the same files, as scripts of their own that import nothing of ours."""
