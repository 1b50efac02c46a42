"""What came back, shown: texts, files, pictures and tables, and what people do with them."""
