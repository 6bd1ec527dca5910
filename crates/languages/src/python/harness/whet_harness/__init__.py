"""What Whetstone runs beside a repository's code inside a job."""
