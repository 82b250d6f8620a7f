"""Actions: the rules that Auth0 would know as actions of ``credentials-exchange``, in its words. No other store."""
