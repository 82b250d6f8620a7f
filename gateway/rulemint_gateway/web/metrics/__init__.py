"""The series that a Prometheus server reads."""
