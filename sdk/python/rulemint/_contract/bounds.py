# Made by sdk/derive.py: run `make sdk`.
MAX_CALLS = 50
MAX_RESPONSE_BYTES = 1048576
MAX_OPERATIONS = 50
MAX_DOCUMENT_BYTES = 512000
MAX_LINES = 4096
MAX_LINE_CHARACTERS = 8192
MAX_LOG_BYTES = 262144
LOG_IS_FULL = '[the log of this invocation is full: further lines are left out]'
MAX_RESULT_BYTES = 32768
MAX_DETAIL = 4096
MAX_DENIAL = 1024
MAX_METADATA = 10
META = {'wt-compiler': 'auth0-ext-compilers/client-credentials-exchange', 'auth0-extension': 'runtime', 'auth0-extension-name': 'credentials-exchange'}
