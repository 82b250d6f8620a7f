CONTENT_SECURITY_POLICY = ""
def page(d): return ""
