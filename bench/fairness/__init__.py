"""What a tenant's flood does to another tenant, at each thing that they share."""
