"""Headers of image files, read as their formats define them and not as a library fills them in."""
