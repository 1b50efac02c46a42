"""What pages are made of: one module per component. Beside the pages, the only place that imports Streamlit."""
