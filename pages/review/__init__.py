"""稽核複核, a module a part: the queue, one package, what the machine found, what is decided."""
