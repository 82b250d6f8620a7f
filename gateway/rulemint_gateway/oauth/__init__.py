"""RFC 6749 in our words: the client credentials grant, and nothing of HTTP."""
