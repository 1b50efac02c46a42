"""Batch: files that were sent together, how far they are, and their texts beside their images."""

import streamlit as st

from dashboard.ui import batch_view, viewer

batch_view.show(viewer.current(), st.query_params.get("id", ""))
