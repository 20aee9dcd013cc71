"""What keeps the history of runs true: runs whose process is gone, and how long all is kept."""
