"""Scripts on trial: each is read by the server as a build would send it, and nothing stays."""
