"""What events look like: clips, previews, and where they are kept."""
