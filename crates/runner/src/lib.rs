//! whet-runner: the program inside a job.
