rule = 42
