"""What somebody drops on the page, and what is made of it before it is sent; files on disk, no database."""
