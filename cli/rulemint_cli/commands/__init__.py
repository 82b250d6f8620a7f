"""Define the commands of ``rulemint``, a file for each noun. They read arguments; the other rooms do the work."""
